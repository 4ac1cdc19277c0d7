// Looking for nats-server: what is missing or too old is refused with words on what to do.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findNatsServer } from "./nats-binary.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-testkit-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(version: string): Promise<string> {
  const path = join(folder, "nats-server");
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

test("the variable wins over PATH, and PATH serves without it", async () => {
  const path = await program("2.15.1");
  expect(await findNatsServer("2.12.0", { EASEL_NATS_SERVER: path, PATH: "" })).toBe(path);
  expect(await findNatsServer("2.12.0", { PATH: `/nowhere:${folder}` })).toBe(path);
});

test("an old server is refused by its version", async () => {
  const path = await program("2.9.10");
  const finding = findNatsServer("2.12.0", { EASEL_NATS_SERVER: path });
  await expect(finding).rejects.toMatchObject({
    code: "EASEL_TESTKIT_NO_NATS_SERVER",
    message: expect.stringMatching(/2\.9\.10.*2\.12\.0.*EASEL_NATS_SERVER/),
  });
});

test("no server at all is refused with the same advice", async () => {
  await expect(findNatsServer("2.12.0", { PATH: folder })).rejects.toThrow(/npm run doctor/);
  const broken = findNatsServer("2.12.0", { EASEL_NATS_SERVER: join(folder, "absent") });
  await expect(broken).rejects.toThrow(/does not run/);
});
