// Processes under test: output is kept, faults are signals, and failures show the output.
import { expect, test } from "vitest";
import { spawnProcess } from "./spawned-process.js";

const node = (script: string) => spawnProcess({ command: process.execPath, args: ["-e", script] });

test("output is waited for, also when it is there already", async () => {
  const child = node("console.log('port 123'); setInterval(() => {}, 1000)");
  expect((await child.waitForOutput(/port (\d+)/))[1]).toBe("123");
  expect((await child.waitForOutput(/port/))[0]).toBe("port");
  expect(await child.kill()).toEqual({ code: null, signal: "SIGKILL" });
  expect(child.running).toBe(false);
});

test("a process that ends too early is an error with its output", async () => {
  const child = node("console.error('disk is full'); process.exit(3)");
  await expect(child.waitForOutput(/ready/)).rejects.toMatchObject({
    code: "EASEL_TESTKIT_START_FAILED",
    message: expect.stringContaining("disk is full"),
  });
  expect(await child.exited).toEqual({ code: 3, signal: null });
});

test("a paused process says nothing until it is resumed", async () => {
  const child = node("let i = 0; setInterval(() => console.log('tick ' + i++), 10)");
  await child.waitForOutput(/tick 1/);
  child.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = child.output;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(child.output).toBe(before);
  child.resume();
  await child.waitForOutput(/tick 20\b/);
  await child.kill();
});

test("a process that ignores SIGTERM is killed after its grace", async () => {
  const child = node("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)");
  await child.waitForOutput(/up/);
  expect(await child.stop(200)).toEqual({ code: null, signal: "SIGKILL" });
});

test("only what was asked for is passed on from this process's environment", async () => {
  process.env.SOME_SECRET = "hidden";
  const child = spawnProcess({
    command: process.execPath,
    args: ["-e", "console.log(JSON.stringify([process.env.SOME_SECRET ?? null, process.env.GIVEN]))"],
    env: { GIVEN: "yes" },
  });
  await child.exited;
  expect(child.output.trim()).toBe('[null,"yes"]');
});
