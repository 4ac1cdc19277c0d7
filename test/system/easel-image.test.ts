// The image of Easel, built from its tarball on a base made of this machine's files, runs as a plain user with nothing else at hand:
// it knows its version, starts the engine, and trains with each process in a container of its own.
import { execFile } from "node:child_process";
import { chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { audit, connectBus } from "@easel/bus";
import { compileRunConfig } from "@easel/config";
import { buildImage, findNatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importLocalBase } from "./local-base.js";

const run = promisify(execFile);
const repo = fileURLToPath(new URL("../..", import.meta.url));
const { EASEL_TENSORFLOW_DIR: tensorflow = "", EASEL_ENGINE_ADDON: addonVariable } = process.env;
const addon = addonVariable ?? join(repo, "packages/engine/native/build/easel-engine.node");
const image = "easel/easel:test";

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "easel-image-test-"));
  await run(process.execPath, [join(repo, "tools/pack/main.mjs"), "--no-build", "--out", place]);
  const tarball = (await readdir(place)).find((name) => name.endsWith(".tgz")) ?? "";
  await run("tar", ["-C", place, "-xzf", join(place, tarball)]);
  await mkdir(join(place, "engine"));
  await cp(dirname(addon), join(place, "engine", "addon"), { recursive: true });
  await mkdir(join(place, "empty"));
  const base = await importLocalBase("easel/local-base:test", [addon]);
  await buildImage({
    name: image,
    dockerfile: join(repo, "k8s/images/easel/Dockerfile"),
    context: {
      package: join(place, "package"),
      "nats-server": await findNatsServer(),
      engine: join(place, "engine"),
      empty: join(place, "empty"),
    },
    args: { BASE: base },
  });
}, 300_000);
afterAll(async () => {
  await rm(place, { recursive: true, force: true });
});

// libtensorflow is large and the same wherever it lies, so that it is mounted here and not copied.
const engine = ["--volume", `${tensorflow}:/opt/engine/tensorflow:ro`];

async function easel(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  return await run("docker", [
    "run",
    "--rm",
    "--network=none",
    "--read-only",
    ...engine,
    image,
    ...args,
  ]).then(
    (said) => ({ ...said, code: 0 }),
    (error) => error,
  );
}

test("it says its version and its commands, on a read-only file system without a network", async () => {
  const { version } = JSON.parse(await readFile(join(repo, "package.json"), "utf8")) as { version: string };
  expect(await easel("--version")).toMatchObject({ stdout: `${version}\n`, code: 0 });
  expect((await easel("--help")).stdout).toMatch(/^ {2}train /m);
}, 120_000);

test("the doctor finds the engine and the broker in it", async () => {
  const { stdout } = await easel("doctor");
  expect(stdout).toMatch(/^ {2}ok {2}nats-server {2,}\d/m);
  expect(stdout).toMatch(/^ {2}ok {2}engine {2,}tensorflow, libtensorflow 2\.\d+/m);
}, 120_000);

const entries = { learner: "learner", rollout: "rollout-worker", reward: "reward-worker" };

/** Two updates of the small model: few samples, and hardly an evaluation. */
const shortRun = [
  "run.name=short",
  "model.checkpoint=/opt/easel/assets/janus-nano",
  "world.trainPrompts=8",
  "world.devPrompts=6",
  "evaluation.devSamples=6",
  "evaluation.every=0",
  "rollout.slots=2",
  "grpo.groupSize=4",
  "grpo.batchGroups=2",
  "learner.steps=2",
];

test("learner and workers train in containers of their own, with the broker in a fourth and no folder in common", async () => {
  const server = await startNats({ provider: "container" });
  const started: string[] = [];
  const start = async (kind: keyof typeof entries): Promise<string> => {
    const folder = join(place, kind);
    await mkdir(folder);
    await chown(folder, 10_001, 10_001);
    await writeFile(join(folder, "config.json"), JSON.stringify(compileRunConfig({ sets: shortRun })));
    const { stdout } = await run("docker", [
      ...["run", "--detach", "--network=host", "--read-only", "--tmpfs=/tmp", ...engine],
      ...[
        "--volume",
        `${folder}:/runs/short`,
        "--env",
        `EASEL_NATS_URL=${server.url}`,
        "--entrypoint=node",
        image,
      ],
      ...[
        `/opt/easel/apps/${entries[kind]}/dist/main.js`,
        "--folder=/runs/short",
        "--blobs=nats",
        "--log=stdout",
      ],
      "--threads=1",
    ]);
    started.push(stdout.trim());
    return stdout.trim();
  };
  try {
    const learner = await start("learner");
    for (const worker of ["rollout", "reward"] as const) await start(worker);
    const code = (await run("docker", ["wait", learner])).stdout.trim();
    const { stdout: log } = await run("docker", ["logs", learner]);
    expect(code, log).toBe("0");
    const checkpoints = await readdir(join(place, "learner", "checkpoints"));
    expect(checkpoints.some((name) => name.endsWith("-s00000002"))).toBe(true);
    const bus = await connectBus({ servers: server.url, name: "test" });
    const { violations, counts } = await audit(bus, { run: "short" });
    expect({ violations, counts }).toMatchObject({
      violations: [],
      counts: { trained: 4, lost: 0, inFlight: 0 },
    });
    await bus.connection.close();
  } finally {
    for (const id of started) await run("docker", ["rm", "--force", "--volumes", id]);
    await server.dispose();
  }
}, 240_000);
