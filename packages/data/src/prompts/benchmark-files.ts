// Names of files whose prompts belong to a benchmark. Only names: what is in them is compared elsewhere.

const GENEVAL = new Set(["evaluation_metadata.jsonl", "generation_prompts.txt"]);
const VALIDATION = /(?:^|[_.-])val(?:idation)?(?:[_.-]|$)/i;

/** Whether a file's name is that of a validation list (T2I-CompBench's `color_val.txt`, `color_val_seen.txt`) or of GenEval. */
export function isBenchmarkName(name: string): boolean {
  return GENEVAL.has(name) || VALIDATION.test(name);
}
