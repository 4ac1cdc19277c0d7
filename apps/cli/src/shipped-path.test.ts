import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { easelFolder, pathOrShipped, shippedPath } from "./shipped-path.js";

const place = mkdtempSync(join(tmpdir(), "easel-shipped-"));
const root = join(place, "easel");
const before = process.cwd();
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

async function easel(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return await promisify(execFile)(process.execPath, [program, ...args], { cwd: place });
}

beforeAll(() => {
  for (const folder of [join(root, "configs"), join(place, "configs")])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, "configs", "nano.yaml"), "");
  writeFileSync(join(root, "configs", "both.yaml"), "");
  writeFileSync(join(place, "configs", "both.yaml"), "");
  writeFileSync(join(place, "outside.yaml"), "");
  process.chdir(place);
});

afterAll(() => {
  process.chdir(before);
  rmSync(place, { recursive: true, force: true });
});

describe("a path of an option or setting", () => {
  it("means what comes with Easel where the current folder has no such thing", () => {
    expect(pathOrShipped("configs/nano.yaml", root)).toBe(join(root, "configs", "nano.yaml"));
    expect(pathOrShipped("./configs", join(root, "none"))).toBe("./configs");
  });

  it("means the current folder's own first", () => {
    expect(pathOrShipped("configs/both.yaml", root)).toBe("configs/both.yaml");
  });

  it.each([
    "configs/none.yaml",
    "",
    join("/", "no", "such", "folder"),
    // What lies beside Easel's folder does not come with it.
    "configs/../../outside.yaml",
  ])("stays as it is where nothing has it: %j", (path) => {
    expect(pathOrShipped(path, root)).toBe(path);
  });
});

test("the configurations of this Easel are found from anywhere", () => {
  expect(existsSync(join(easelFolder, "LICENSE"))).toBe(true);
  expect(shippedPath("configs/nano.yaml")).toBe(join(easelFolder, "configs", "nano.yaml"));
});

describe("the program, in a folder of its own", () => {
  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync(join(easelFolder, "package.json"), "utf8")) as {
      version: string;
    };
    expect((await easel("--version")).stdout).toBe(`${version}\n`);
  });

  it("takes a shipped configuration, and names what is nowhere as the user wrote it", async () => {
    await expect(
      easel("train", "--config", "configs/nano.yaml", "--set", "model.checkpoint=assets/none"),
    ).rejects.toMatchObject({ stderr: expect.stringContaining("model.checkpoint is assets/none, which") });
    await expect(easel("train", "--config", "configs/none.yaml")).rejects.toMatchObject({
      stderr: expect.stringContaining("The configuration configs/none.yaml cannot be read"),
    });
  });
});
