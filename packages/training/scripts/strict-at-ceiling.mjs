// Says what strict success makes of true pictures that went through a checkpoint's codec, by reason, and can keep a few
// of the pictures for the tests of packages/rewards. Run after a build:
//   node packages/training/scripts/strict-at-ceiling.mjs [checkpoint] [--keep]
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { startEngine } from "@easel/engine";
import { loadJanus } from "@easel/janus";
import { strictSuccess } from "@easel/rewards";
import { blankImage, encodePng, promptSet, randomFrom, TEXTURES } from "@easel/shapeworld";
import { ceilingSamples } from "@easel/training";

const PROMPTS = 240;
/** Of the dev prompts: a small circle or cross in each, which softness touches first; one striped, one dotted. */
const KEPT = [4, 6, 41, 95];
const REASONS = ["dirt", "unclear-object", "count", "attributes", "relations"];
const fixtures = new URL("../../rewards/fixtures/", import.meta.url);

const folder =
  process.argv.slice(2).find((word) => !word.startsWith("--")) ??
  fileURLToPath(new URL("../../../assets/janus-nano", import.meta.url));
await startEngine({ backend: "auto" });
const model = await loadJanus(folder);

const sets = {
  dev: promptSet("dev", PROMPTS, 1),
  test: promptSet("test", PROMPTS, 1),
  "dev, every texture named": withTextures(promptSet("dev", PROMPTS, 1), randomFrom("textures")),
};
console.log(`| true pictures | success | ${REASONS.join(" | ")} | ms a picture |`);
console.log(`| --- | --- | ${REASONS.map(() => "---").join(" | ")} | --- |`);
for (const [name, prompts] of Object.entries(sets)) {
  const samples = await ceilingSamples(model, prompts, randomFrom("ceiling/1"));
  console.log(`| ${name} | ${row(samples)} |`);
  if (name === "dev" && process.argv.includes("--keep")) keep(samples);
}

function row(samples) {
  for (const { prompt, image } of samples) strictSuccess(prompt, image);
  const started = performance.now();
  const verdicts = samples.map(({ prompt, image }) => strictSuccess(prompt, image));
  const each = (performance.now() - started) / samples.length;
  const count = (test) => verdicts.filter(test).length;
  const share = count(({ success }) => success) / samples.length;
  const reasons = REASONS.map((reason) => count((verdict) => verdict.reason === reason));
  return [share.toFixed(3), ...reasons, each.toFixed(2)].join(" | ");
}

/** The same prompts with a texture, or plainness, drawn for every object: three times as many textures. */
function withTextures(prompts, random) {
  return prompts.map((prompt) => ({
    ...prompt,
    objects: prompt.objects.map(({ texture: _, ...object }) => {
      const drawn = TEXTURES[Math.floor(random.next() * TEXTURES.length)];
      return drawn === "solid" ? object : { ...object, texture: drawn };
    }),
  }));
}

/** A strip of some of the pictures, and their prompts. */
function keep(samples) {
  const kept = KEPT.map((index) => samples[index]);
  const side = kept[0].image.width;
  const strip = blankImage(side * kept.length, side);
  for (const [index, { image }] of kept.entries()) {
    for (let y = 0; y < side; y++) {
      const line = image.data.subarray(y * side * 3, (y + 1) * side * 3);
      strip.data.set(line, (y * strip.width + index * side) * 3);
    }
  }
  writeFileSync(new URL("codec-pictures.png", fixtures), encodePng(strip));
  const prompts = kept.map(({ prompt }) => prompt);
  writeFileSync(new URL("codec-pictures.json", fixtures), `${JSON.stringify(prompts, null, 2)}\n`);
}
