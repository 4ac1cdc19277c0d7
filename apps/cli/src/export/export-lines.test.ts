// What a person reads after an export: counts, and hundreds of names as a few lines.
import type { ExportReport } from "@easel/janus";
import { expect, it } from "vitest";
import { exportLines } from "./export-lines.js";

const report: ExportReport = {
  from: "original",
  files: ["model.safetensors"],
  weights: 259,
  sizeBytes: 7_800_000,
  missing: [
    ...Array.from({ length: 24 }, (_, i) => `model.vision_model.encoder.layers.${i}.layer_norm1.bias`),
    "lm_head.weight",
  ],
  dropped: ["gen_vision_model.quantize.codebook_used"],
  tokensAdded: true,
  notes: ["mind the gap"],
};

it("names what is missing and dropped, grouped", () => {
  expect(exportLines("out", "transformers", report, "merged")).toEqual([
    "out: 259 weights, 7.8 MB in model.safetensors, transformers layout (from original), the adapter merged in",
    "the four layout tokens were added to the tokenizer",
    "not in the source, so not in the export (25):",
    "  model.vision_model.encoder.* (24)",
    "  lm_head.weight",
    "left out, because the layout has no place for them (1):",
    "  gen_vision_model.quantize.codebook_used",
    "note: mind the gap",
  ]);
});

it("is one line where nothing is to be said", () => {
  const plain = { ...report, missing: [], dropped: [], tokensAdded: false, notes: [], files: ["a", "b"] };
  expect(exportLines("out", "original", plain, null)).toEqual([
    "out: 259 weights, 7.8 MB in 2 files, original layout (from original)",
  ]);
});
