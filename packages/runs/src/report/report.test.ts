import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  madeUpConfig,
  madeUpMetrics,
  madeUpSamples,
  madeUpSplit,
  madeUpSummary,
} from "../../fixtures/made-up-run.js";
import { createRunFolder } from "../run-folder.js";
import { storedSample, writeSamples } from "../sample-record.js";
import { writeSummary } from "../summary.js";
import { type ReportContent, reportHtml, samplePhases, writeReport } from "./report.js";

const id = "2026-11-23-1542-nano-1";
const pair = (wrong: number, phase: string) =>
  madeUpSamples(6, wrong, phase).map((sample) => storedSample(sample, 0, { phase, temperature: 1, seed: 1 }));

function content(over: Partial<ReportContent> = {}): ReportContent {
  return {
    id,
    config: madeUpConfig(),
    summary: madeUpSummary(id),
    metrics: { records: madeUpMetrics(50), unreadable: 0, torn: false },
    samples: [{ before: pair(0.5, "before"), after: pair(0, "after") }],
    ...over,
  };
}

describe("the report", () => {
  const page = reportHtml(content());

  it("is one file: no script, and nothing from elsewhere", () => {
    expect(page).not.toMatch(/<script|<link|@import|url\(|javascript:/i);
    expect(page.match(/(?:href|src)="(?!data:image\/png;base64,)/g)).toBeNull();
    expect(page.match(/https?:/g)).toBeNull();
  });

  it("shows results with intervals and the ceiling beside them, at both temperatures", () => {
    expect(page).toContain(".512 → .781");
    expect(page).toContain("near-greedy (temperature 0)");
    expect(page).toContain(".604 → .802");
    expect(page).toContain("ceiling .955");
    expect(page).toContain(".480, .544");
  });

  it("has every curve, with an account of each in words", () => {
    for (const name of [
      "total reward",
      "sem",
      "spa",
      "pi",
      "ri",
      "q",
      "strict success",
      "counting",
      "entropy",
    ]) {
      expect(page).toContain(`aria-label="${name} over steps:`);
    }
    for (const name of ["KL to the start", "throughput", "staleness"]) {
      expect(page).toContain(`aria-label="${name} over steps:`);
    }
  });

  it("draws each planned box at its place, with its name", () => {
    const sample = pair(0, "after")[0];
    const planned = sample?.record.plan[0];
    const { x1 = 0, y1 = 0, x2 = 0, y2 = 0 } = planned?.box ?? {};
    expect(planned?.box).not.toBeNull();
    expect(page).toContain(
      `<rect x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}" fill="none" stroke="#c2006e"`,
    );
    expect(page).toContain(`>${planned?.name}</text>`);
  });

  it("lists every setting", () => {
    expect(page).toContain("<code>grpo.groupSize</code></td><td><code>16</code>");
    expect(page).toContain("<code>rewards.names</code></td><td><code>sem, spa, pi, ri, q</code>");
  });

  it("warns of sharpening with the greedy numbers", () => {
    expect(page).toContain("there the total went from .604 to .802, at temperature 1 from .512 to .781");
  });

  it("names a slow engine, a control run, dropped groups and damaged logs", () => {
    const summary = madeUpSummary(id);
    const config = { ...madeUpConfig(), rewards: { ...madeUpConfig().rewards, shuffleWithinGroup: true } };
    const warned = reportHtml(
      content({
        config,
        metrics: { records: [], unreadable: 3, torn: false },
        summary: {
          ...summary,
          ending: "interrupted",
          engine: { ...summary.engine, backend: "wasm", library: "tfjs" },
          groups: { ...summary.groups, dropped: { stale: 900 } },
        },
      }),
    );
    expect(warned).toContain("The slow engine was used (wasm");
    expect(warned).toContain("Control run");
    expect(warned).toContain("900 of 1,660 groups were not trained on");
    expect(warned).toContain("3 lines of the metrics log");
    expect(warned).toContain("did not reach its end: interrupted");
    expect(page).not.toContain("slow engine");
  });

  it("escapes what a model or a file may contain", () => {
    const [first] = pair(0, "after");
    if (first === undefined) throw new Error("no sample");
    const hostile = '<img src=x onerror="alert(1)">';
    const record = {
      ...first.record,
      prompt: hostile,
      chain: `A <|obj_start|>${hostile}<|obj_end|> <|box_start|>${hostile}<|box_end|> ${hostile}`,
      plan: [{ name: hostile, box: { x1: 0, y1: 0, x2: 500, y2: 500 } }],
    };
    const shown = reportHtml(
      content({
        id: hostile,
        config: { [hostile]: hostile },
        samples: [{ before: [], after: [{ ...first, record }] }],
        metrics: {
          records: [{ kind: "notice", step: 1, atMs: 0, text: hostile }],
          unreadable: 0,
          torn: false,
        },
      }),
    );
    expect(shown).not.toContain("<img");
  });

  it("can be made of a run that was cut off, or of nothing at all", () => {
    const bare = reportHtml({
      id,
      config: null,
      summary: null,
      metrics: { records: [], unreadable: 0, torn: false },
      samples: [],
    });
    expect(bare).toContain("was cut off");
    expect(bare).toContain("could not be read");
    expect(bare).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("writing the report of a folder", () => {
  it("takes everything from the folder and can be repeated", async () => {
    const root = await mkdtemp(join(tmpdir(), "easel-report-"));
    const folder = await createRunFolder(root, madeUpConfig(), new Date("2026-11-23T15:42:10Z"));
    const log = madeUpMetrics(200).map((record) => JSON.stringify(record));
    await writeFile(folder.metrics, `${log.join("\n")}\n`);
    await writeSummary(
      folder,
      madeUpSummary(folder.id, { results: { dev: madeUpSplit("dev"), test: madeUpSplit("test") } }),
    );
    const { sampled, greedy } = samplePhases;
    for (const [phase, wrong, temperature] of [
      [sampled.before, 0.5, 1],
      [sampled.after, 0.1, 1],
      [greedy.before, 0.3, 0],
      [greedy.after, 0, 0],
    ] as const) {
      await writeSamples(folder.samples, madeUpSamples(12, wrong, phase), 12, {
        phase,
        temperature,
        seed: 1,
      });
    }
    const first = await readFile(await writeReport(folder), "utf8");
    const second = await readFile(await writeReport(folder), "utf8");
    expect(second).toBe(first);
    expect(first.match(/<article/g)).toHaveLength(24);
    expect(first.match(/class="picture"/g)).toHaveLength(48);
    await rm(root, { recursive: true });
  });
});
