import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpConfig, madeUpMetrics, madeUpSummary } from "../fixtures/made-up-run.js";
import { createRunFolder, findRunFolder, removeRun, runFolder, runIds } from "./run-folder.js";
import { compareRunIds, isRunId, runId } from "./run-id.js";
import { isActive, listRuns, runsTable } from "./run-listing.js";
import { readSummary, writeSummary } from "./summary.js";

const startedAt = new Date("2026-11-23T15:42:59Z");
let base = "";
let root = "";

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "easel-runs-"));
  root = join(base, "runs");
});
afterEach(() => rm(base, { recursive: true }));

describe("ids of runs", () => {
  it("are readable", () => {
    expect(runId(startedAt, "nano", 1)).toBe("2026-11-23-1542-nano-1");
  });

  it("sort by start, then by number", () => {
    const minute = 60_000;
    fc.assert(
      fc.property(
        fc.nat(1e7),
        fc.nat(1e7),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        (a, b, m, n) => {
          const [first, second] = [
            runId(new Date(a * minute), "nano", m),
            runId(new Date(b * minute), "nano", n),
          ];
          expect(Math.sign(compareRunIds(first, second))).toBe(Math.sign(a === b ? m - n : a - b));
          expect(isRunId(first)).toBe(true);
        },
      ),
    );
  });

  it("cannot leave the folder of runs", () => {
    for (const text of [
      "",
      ".",
      "..",
      "../x",
      "a/b",
      "2026-11-23-1542-nano-1/..",
      "2026-11-23-1542-../x-1",
    ]) {
      expect(isRunId(text)).toBe(false);
    }
  });
});

describe("run folders", () => {
  it("keep starts of the same minute apart, also at the same time", async () => {
    const made = await Promise.all([1, 2, 3].map(() => createRunFolder(root, madeUpConfig(), startedAt)));
    expect(made.map(({ id }) => id).sort()).toEqual([
      "2026-11-23-1542-nano-1",
      "2026-11-23-1542-nano-2",
      "2026-11-23-1542-nano-3",
    ]);
    expect(JSON.parse(await readFile(made[0]?.config ?? "", "utf8"))).toEqual({
      ...madeUpConfig(),
      run: { ...madeUpConfig().run, name: made[0]?.id },
    });
  });

  it("are found by id, by path and as the last one", async () => {
    await createRunFolder(root, madeUpConfig(), startedAt);
    const second = await createRunFolder(root, madeUpConfig(), new Date("2026-11-24T00:00:00Z"));
    for (const name of [second.id, second.path, "last"]) {
      expect(await findRunFolder(root, name)).toEqual(second);
    }
  });

  it("that are not there are named, with what to do", async () => {
    await expect(findRunFolder(root, "last")).rejects.toThrow(/There is no run under .*easel runs list/);
    await createRunFolder(root, madeUpConfig(), startedAt);
    await expect(findRunFolder(root, "2026-01-01-0000-nano-1")).rejects.toThrow(
      /newest is 2026-11-23-1542-nano-1/,
    );
    await expect(findRunFolder(root, "../elsewhere")).rejects.toMatchObject({ code: "EASEL_RUNS_BAD_ID" });
  });

  it("are removed with their content, and nothing else is", async () => {
    const { id } = await createRunFolder(root, madeUpConfig(), startedAt);
    const kept = await createRunFolder(root, madeUpConfig(), startedAt);
    await removeRun(root, id);
    expect(await runIds(root)).toEqual([kept.id]);
    for (const name of ["..", "../runs", "", `${kept.id}/..`]) {
      await expect(removeRun(root, name)).rejects.toMatchObject({ code: "EASEL_RUNS_BAD_ID" });
    }
    expect(await runIds(root)).toEqual([kept.id]);
  });

  it("are not made out of any folder: one without a configuration is neither listed nor removed", async () => {
    await mkdir(join(root, "photos"), { recursive: true });
    expect(await runIds(root)).toEqual([]);
    await expect(removeRun(root, "photos")).rejects.toMatchObject({ code: "EASEL_RUNS_NOT_FOUND" });
    expect(await readdir(root)).toEqual(["photos"]);
  });

  it("that are links are left alone with what they point to", async () => {
    const elsewhere = join(base, "precious");
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, "file"), "x");
    await mkdir(root);
    await symlink(elsewhere, join(root, "2026-11-23-1542-nano-1"));
    await expect(removeRun(root, "2026-11-23-1542-nano-1")).rejects.toMatchObject({
      code: "EASEL_RUNS_OUTSIDE_ROOT",
    });
    expect(await readdir(elsewhere)).toEqual(["file"]);
  });
});

describe("summary and list", () => {
  it("keeps every number, intervals over nothing too", async () => {
    const folder = await createRunFolder(root, madeUpConfig(), startedAt);
    expect(await readSummary(folder)).toBeNull();
    const nothing = { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
    const summary = madeUpSummary(folder.id);
    const first = summary.results.test?.temperatures[0];
    const holed = {
      ...summary,
      results: {
        dev: null,
        test: {
          ...summary.results.test,
          temperatures: [
            {
              ...first,
              before: { ...first?.before, skills: { colour: { total: nothing, strict: nothing } } },
            },
          ],
        },
      },
    } as unknown as typeof summary;
    await writeSummary(folder, holed);
    expect(await readSummary(folder)).toEqual(holed);
    expect(await readdir(folder.path)).not.toContainEqual(expect.stringContaining(".part"));
  });

  it("refuses a damaged summary by name, and still lists the run", async () => {
    const folder = await createRunFolder(root, madeUpConfig(), startedAt);
    await writeFile(folder.summary, '{"format":');
    await expect(readSummary(folder)).rejects.toMatchObject({ code: "EASEL_RUNS_DAMAGED" });
    expect(await listRuns(root)).toHaveLength(1);
  });

  it("tells finished, going on and cut off apart", async () => {
    const done = await createRunFolder(root, madeUpConfig(), startedAt);
    await writeSummary(done, madeUpSummary(done.id));
    const open = await createRunFolder(root, madeUpConfig(), startedAt);
    await writeFile(
      open.metrics,
      `${madeUpMetrics(7)
        .map((one) => JSON.stringify(one))
        .join("\n")}\n`,
    );
    const listings = await listRuns(root);
    const [, second] = listings;
    const now = Date.now();
    const table = runsTable(listings, now);
    expect(table).toMatch(/nano-1 +finished +200 +\.512 +\.781 +\.955 +11 min 26 s/);
    expect(table).toMatch(/nano-2 +going on +7 +– +– +– +–/);
    expect(second !== undefined && isActive(second, now)).toBe(true);
    expect(runsTable(listings, now + 600_000)).toMatch(/nano-2 +cut off/);
  });

  it("has no runs where there is no folder", async () => {
    expect(await runIds(join(root, "none"))).toEqual([]);
    expect(runFolder("runs", "x").path.startsWith("/")).toBe(true);
  });
});
