// Which run a command line means, and that nothing is made for one that is refused.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chosenRun } from "./chosen-run.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

const accept = async (): Promise<void> => {};

test("a run gets a folder of its own, named in its settings, and is found again by id, folder or last", async () => {
  const set = ["run.name=nano", `run.dir=${folder}`];
  const first = await chosenRun({ set }, {}, accept);
  const second = await chosenRun({ set }, {}, accept);
  expect(first.folder.id).not.toBe(second.folder.id);
  expect(second.config.run.name).toBe(second.folder.id);
  expect(await chosenRun({ set, resume: first.folder.id }, {}, accept)).toEqual(first);
  expect(await chosenRun({ set: [], resume: first.folder.path }, {}, accept)).toEqual(first);
  expect(await chosenRun({ set, resume: "last" }, {}, accept)).toEqual(second);
  await expect(chosenRun({ set, resume: "other" }, {}, accept)).rejects.toMatchObject({
    code: "EASEL_RUNS_NOT_FOUND",
  });
});

test("settings that are refused leave no folder", async () => {
  const refuse = async (): Promise<void> => {
    throw new Error("no model");
  };
  await expect(chosenRun({ set: [`run.dir=${folder}`] }, {}, refuse)).rejects.toThrow("no model");
  expect(await readdir(folder)).toEqual([]);
});
