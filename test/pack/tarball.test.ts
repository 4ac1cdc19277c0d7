// The CLI's tarball: packed here, installed by plain `npm install` with install scripts allowed and no registry within
// reach, and run outside the checkout.
import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const repo = fileURLToPath(new URL("../..", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "easel-tarball-"));
const home = join(place, "home");
const installed = join(home, "node_modules", "easel");

// Only what a user's shell has. Set-up's variables are passed on where the test itself runs under set-up, so that nothing
// is downloaded twice; npm's own variables would tell the inner npm about this checkout.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(PATH|HOME|TMPDIR|LANG|EASEL_\w+)$/.test(name)),
);

const npmInstall = [
  "install",
  "--offline",
  "--ignore-scripts=false",
  "--foreground-scripts",
  "--no-audit",
  "--no-fund",
  `--cache=${join(place, "npm-cache")}`,
];

async function easel(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return await run(join(home, "node_modules", ".bin", "easel"), args, { cwd: home, env });
}

function onTwoPictures(recipe: string): string {
  return recipe.replace(/(batch|qualityPictures): \d+/g, "$1: 2");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" });
}

beforeAll(async () => {
  const packing = [join(repo, "tools", "pack", "main.mjs"), "--no-build", "--out", place];
  await run(process.execPath, packing, { cwd: repo, env });
  const tarball = readdirSync(place).find((name) => name.endsWith(".tgz")) ?? "";
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{ "name": "somewhere-else", "private": true }\n');
  await run("npm", [...npmInstall, join(place, tarball)], { cwd: home, env });
}, 300_000);

afterAll(() => rmSync(place, { recursive: true, force: true }));

test("the whole installation came out of the tarball, and npm knew of no install script", () => {
  const lock = JSON.parse(readFileSync(join(home, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; inBundle?: boolean; hasInstallScript?: boolean }>;
  };
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
  expect(packages.length).toBeGreaterThan(20);
  expect(packages.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  expect(packages.filter(([, { inBundle }]) => inBundle !== true).map(([path]) => path)).toEqual([
    "node_modules/easel",
  ]);
  const gyp = filesBelow(installed).filter((file) => /\.(gyp|gypi|node)$/.test(file));
  expect(gyp).toEqual([]);
});

test("the addon's sources are those of the checkout, so that both share one compiled addon", () => {
  const here = join(repo, "packages", "engine", "native");
  const there = join(installed, "node_modules", "@easel", "engine", "native");
  const plain = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  expect(plain(there).sort()).toEqual(plain(here).sort());
  for (const name of plain(here)) {
    expect(readFileSync(join(there, name)).equals(readFileSync(join(here, name))), name).toBe(true);
  }
});

test("every app finds all that it imports, and lies beside the CLI as in the checkout", async () => {
  const apps = readdirSync(join(repo, "apps")).filter((name) =>
    existsSync(join(repo, "apps", name, "src", "main.ts")),
  );
  const workers = apps.filter((name) => /learner|worker/.test(name));
  expect(workers.length).toBeGreaterThan(0);
  // Started without its folder a worker complains about that, and not about a missing module.
  const started = workers.map((name) =>
    run(process.execPath, [join(installed, "apps", name, "dist", "main.js")], { cwd: home, env }),
  );
  for (const one of await Promise.allSettled(started)) {
    expect(one).toMatchObject({ reason: { stderr: expect.stringContaining("--folder is missing") } });
  }
  expect(apps.filter((name) => !existsSync(join(installed, "apps", name, "dist", "main.js")))).toEqual([]);
}, 120_000);

test("configurations and the small checkpoint lie where the checkout has them", () => {
  const shipped = ["configs", "assets"].flatMap((folder) =>
    filesBelow(join(repo, folder)).map((file) => join(folder, file)),
  );
  expect(shipped.length).toBeGreaterThan(0);
  expect(shipped.filter((file) => !existsSync(join(installed, file)))).toEqual([]);
});

test("it says its version, its commands and those of the installation, without set-up", async () => {
  const { version } = JSON.parse(readFileSync(join(repo, "package.json"), "utf8")) as { version: string };
  expect((await easel("--version")).stdout.trim()).toBe(version);
  const { stdout, stderr } = await easel("--help");
  expect(stdout).toMatch(/^ {2}sft /m);
  expect(stdout).toMatch(/^ {2}doctor /m);
  expect(stderr).toBe("");
});

test("set-up makes the engine ready, the doctor starts it, and a command computes with it", async () => {
  const { stdout: done } = await easel("setup");
  expect(done).toMatch(/addon/);
  const { stdout } = await easel("doctor");
  expect(stdout).toMatch(/engine +tensorflow, libtensorflow 2\.\d+/);
  const config = join(home, "small.yaml");
  writeFileSync(config, onTwoPictures(readFileSync(join(installed, "configs", "nano-vq.yaml"), "utf8")));
  const trained = await easel("vq", "--config", config, "--steps", "1", "--out", join(home, "codec"));
  expect(trained.stdout).toContain("step 1/1");
  expect(readdirSync(join(home, "codec")).length).toBeGreaterThan(0);
}, 300_000);

test("a run outside the checkout starts from the small checkpoint of the tarball", async () => {
  // It gets as far as its broker's port and ends there: training itself is tested elsewhere.
  const taken = createServer().listen(0, "127.0.0.1");
  try {
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    await expect(
      easel("train", "--config", "configs/nano.yaml", "--port", String(port)),
    ).rejects.toMatchObject({ stderr: expect.stringContaining("EASEL_TRAIN_PORT_IN_USE") });
  } finally {
    taken.close();
  }
  const runs = join(home, "runs");
  const [id = ""] = readdirSync(runs);
  const config = JSON.parse(readFileSync(join(runs, id, "config.json"), "utf8")) as object;
  expect(config).toMatchObject({ model: { checkpoint: join(installed, "assets", "janus-nano") } });
}, 120_000);

test("parquet is read outside the checkout, in its thread, and a broken file ends by name", async () => {
  const fixture = join(repo, "packages", "data", "fixtures", "snappy.parquet");
  const names = ["prompt=caption", "chain=got", "image=img_path", "width=meta.width", "height=meta.height"];
  const fields = names.flatMap((field) => ["--field", field]);
  const prepare = (file: string, out: string): Promise<{ stdout: string }> =>
    easel("data", "prepare", "got", file, "--source", "x", ...fields, "--trust-sizes", "--out", out);
  const { stdout } = await prepare(fixture, "examples.jsonl");
  expect(stdout).toContain("23 rows read, 20 kept");
  expect(readFileSync(join(home, "examples.jsonl"), "utf8").trim().split("\n")).toHaveLength(20);
  const whole = readFileSync(fixture);
  writeFileSync(join(home, "cut.parquet"), whole.subarray(0, whole.length / 2));
  await expect(prepare("cut.parquet", "none.jsonl")).rejects.toMatchObject({
    stderr: expect.stringContaining("EASEL_DATA_BAD_PARQUET"),
  });
}, 60_000);
