import { randomFrom } from "@easel/shapeworld";
import { compare, compareSkills, type EvaluatedSample, summarise } from "@easel/training";
import { describe, expect, it } from "vitest";
import { madeUpSamples } from "../../fixtures/made-up-run.js";
import { comparedPrompts } from "./compared-prompts.js";
import { type ComparisonContent, comparisonHtml } from "./comparison-page.js";

const many = 1024 * 1024;
const origin = { temperature: 1, seed: 1 };

/** `images` samples of each of `n` prompts. */
function drawn(n: number, images: number, wrong: number, name: string): EvaluatedSample[] {
  const runs = Array.from({ length: images }, (_, index) => madeUpSamples(n, wrong, `${name} ${index}`));
  return Array.from({ length: n }, (_, prompt) => runs.flatMap((run) => run[prompt] ?? [])).flat();
}

function content(n = 12, images = 1, over: Partial<ComparisonContent> = {}): ComparisonContent {
  const [before, after] = [drawn(n, images, 0.6, "before"), drawn(n, images, 0.1, "after")];
  const random = randomFrom(1);
  return {
    title: "tuned against start",
    names: { before: "A", after: "B" },
    models: { before: "assets/start", after: "runs/tuned" },
    result: {
      split: "test",
      prompts: n,
      seed: 1,
      ceiling: summarise(after, random),
      temperatures: [
        {
          ...origin,
          guidanceScale: 1,
          samplesPerPrompt: images,
          before: summarise(before, random),
          after: summarise(after, random),
          difference: compare(before, after, random),
          skillDifferences: compareSkills(before, after, random),
        },
      ],
    },
    grids: [comparedPrompts("temperature 1", before, after, origin, many)],
    settings: { split: "test", seeds: [1] },
    notes: ["The two were measured on different engines."],
    ...over,
  };
}

/** Places of all cards in one order, by their place in the page. */
function placesIn(page: string, order: string): number[] {
  return [...page.matchAll(/<article[^>]*style="([^"]*)"/g)].map(([, style = ""]) =>
    Number(new RegExp(`--${order}:(\\d+)`).exec(style)?.[1]),
  );
}

describe("the page of two models", () => {
  const page = comparisonHtml(content());

  it("is one file: no script, and nothing from elsewhere", () => {
    expect(page).not.toMatch(/<script|<link|@import|url\(|javascript:|\son\w+=/i);
    expect(page.match(/(?:href|src)="(?!data:image\/png;base64,)/g)).toBeNull();
    expect(page.match(/https?:/g)).toBeNull();
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("names both, and shows every prompt twice with its boxes and scores", () => {
    expect(page).toContain("assets/start");
    expect(page).toContain("runs/tuned");
    expect(page.match(/<article/g)).toHaveLength(12);
    expect(page.match(/class="picture"/g)).toHaveLength(24);
    expect(page.match(/<b>A<\/b> · total/g)).toHaveLength(12);
    expect(page.match(/<b>B<\/b> · total/g)).toHaveLength(12);
    expect(page).toContain("The two were measured on different engines.");
  });

  it("orders the cards by change, gain and loss without a script", () => {
    const { shown } = content().grids[0] ?? { shown: [] };
    const ordered = (order: string): number[] => {
      const places = placesIn(page, order);
      expect([...places].sort((a, b) => a - b)).toEqual(shown.map((_, index) => index));
      return shown.map((_, rank) => shown[places.indexOf(rank)]?.change ?? Number.NaN);
    };
    const falling = (values: readonly number[]): number[] => [...values].sort((a, b) => b - a);
    expect(ordered("gain")).toEqual(falling(ordered("gain")));
    expect(ordered("loss")).toEqual(falling(ordered("loss")).reverse());
    expect(ordered("change").map(Math.abs)).toEqual(falling(ordered("change").map(Math.abs)));
    for (const order of ["prompt", "change", "gain", "loss"]) {
      expect(page).toContain(`<label for="order-${order}">`);
      expect(page).toContain(`#order-${order}:checked ~ section .sample { order: var(--${order}); }`);
    }
    expect(page.indexOf('id="order-prompt"')).toBeLessThan(page.indexOf("<section"));
  });

  it("can show one skill alone", () => {
    expect(page).toContain('<label for="skill-spatial">spatial</label>');
    expect(page.match(/data-skill="spatial" style/g)).toHaveLength(2);
  });

  it("says who is better only where the interval does not hold 0", () => {
    expect(page).toContain("B is better");
    const { result } = content();
    const [one] = result.temperatures;
    if (one?.difference == null) throw new Error("no difference");
    const total = { ...one.difference.total, low: -0.1, high: 0.2 };
    const unsure = { ...one, difference: { ...one.difference, total, strict: { ...total, high: -0.05 } } };
    const shown = comparisonHtml(content(12, 1, { result: { ...result, temperatures: [unsure] } }));
    expect(shown).toContain("not told apart: the interval holds 0");
    expect(shown).toContain("A is better");
  });

  it("folds further images of a prompt away, each with its own scores", () => {
    const several = comparisonHtml(content(6, 3));
    expect(several.match(/<article/g)).toHaveLength(6);
    expect(several.match(/class="picture"/g)).toHaveLength(36);
    expect(several).toContain("2 more images of each");
    expect(several).toContain("<b>B, image 3</b>");
  });

  it("leaves out pictures beyond its limit and says so, and counts all prompts", () => {
    const [before, after] = [drawn(12, 1, 0.6, "before"), drawn(12, 1, 0.1, "after")];
    const whole = comparedPrompts("x", before, after, origin, many);
    const bytes = (whole.shown.slice(0, 5) ?? [])
      .flatMap((one) => [...one.before, ...one.after])
      .reduce((sum, { png }) => sum + png.length, 0);
    const cut = comparedPrompts("x", before, after, origin, bytes);
    expect(cut.shown.map(({ promptIndex }) => promptIndex)).toEqual([0, 1, 2, 3, 4]);
    expect(cut.counts).toEqual(whole.counts);
    expect(cut.counts.better + cut.counts.worse + cut.counts.same).toBe(12);
    expect(comparisonHtml(content(12, 1, { grids: [cut] }))).toContain("The first 5 of 12 prompts");
    expect(comparedPrompts("x", before, after, origin, 1).shown).toHaveLength(1);
  });

  it("escapes what a model, a path or a file may contain", () => {
    const hostile = '<img src=x onerror="alert(1)">';
    const [grid] = content().grids;
    const [first] = grid?.shown ?? [];
    if (grid === undefined || first === undefined) throw new Error("no prompt");
    const shown = comparisonHtml(
      content(12, 1, {
        title: hostile,
        names: { before: hostile, after: hostile },
        models: { before: hostile, after: hostile },
        notes: [hostile],
        settings: { [hostile]: hostile },
        grids: [{ ...grid, name: hostile, shown: [{ ...first, prompt: hostile, skill: hostile }] }],
      }),
    );
    expect(shown).not.toContain("<img");
  });
});
