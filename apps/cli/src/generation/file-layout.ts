// Where the files of a picture go, so that the benchmarks' own scripts find them. Only names; nothing is written here.
//
// T2I-CompBench's scripts list all of `samples/`, read the prompt from the file name up to the first "_" and the number
// after it. GenEval's read `<digits>/metadata.jsonl` and `<digits>/samples/<digits>.png`. So nothing but the pictures
// may lie beside the pictures; plans, chains and records go to `easel/`.
import { CliError } from "../errors.js";
import type { GenerationPrompt } from "./prompt-list.js";

export const fileLayouts = ["plain", "t2i-compbench", "geneval"] as const;

/** One of {@link fileLayouts}. */
export type FileLayout = (typeof fileLayouts)[number];

/** Which picture of which prompt. */
export type PictureIndex = { readonly promptIndex: number; readonly sampleIndex: number };

/** Paths of one picture's files below the output folder, with "/" between. */
export type PicturePlaces = {
  readonly image: string;
  readonly plan: string;
  readonly chain: string;
  readonly record: string;
};

/** Pictures a prompt where nobody says: what the benchmark's own scripts draw. */
export const picturesPerPrompt: Readonly<Record<FileLayout, number>> = {
  plain: 4,
  "t2i-compbench": 10,
  geneval: 4,
};

const LONGEST_NAME_BYTES = 255;

const padded = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** The files of one picture. */
export function placesOf(
  layout: FileLayout,
  prompt: GenerationPrompt,
  { promptIndex, sampleIndex }: PictureIndex,
  perPrompt: number,
): PicturePlaces {
  const stem = `${padded(promptIndex, 4)}-${sampleIndex}`;
  const beside = layout === "plain" ? stem : `easel/${stem}`;
  const image = {
    plain: `${stem}.png`,
    "t2i-compbench": `samples/${prompt.text}_${padded(promptIndex * perPrompt + sampleIndex, 6)}.png`,
    geneval: `${padded(promptIndex, 5)}/samples/${padded(sampleIndex, 4)}.png`,
  }[layout];
  return { image, plan: `${beside}-plan.png`, chain: `${beside}.txt`, record: `${beside}.json` };
}

/** Files that a benchmark wants beside the pictures of a prompt: path and content. */
export function promptFile(
  layout: FileLayout,
  prompt: GenerationPrompt,
  promptIndex: number,
): { readonly path: string; readonly content: string } | null {
  if (layout !== "geneval" || prompt.line === null) return null;
  return { path: `${padded(promptIndex, 5)}/metadata.jsonl`, content: `${prompt.line}\n` };
}

function compBenchFault(text: string, highestIndex: number): string | null {
  const [found] = /[/_\p{Cc}]/u.exec(text) ?? [];
  if (found !== undefined) {
    return (
      `T2I-CompBench's scripts read the prompt from the picture's file name up to the first "_", and this one has ` +
      `${JSON.stringify(found)} in it. Reword the prompt, or use another --layout.`
    );
  }
  const bytes = Buffer.byteLength(`${text}_${padded(highestIndex, 6)}.png`);
  if (bytes <= LONGEST_NAME_BYTES) return null;
  return (
    `T2I-CompBench's scripts read the prompt from the picture's file name, and that would have ${bytes} bytes of at ` +
    `most ${LONGEST_NAME_BYTES}. Shorten the prompt, or use another --layout.`
  );
}

function genEvalFault({ line }: GenerationPrompt): string | null {
  const value: unknown = line === null ? null : JSON.parse(line);
  const tag = typeof value === "object" && value !== null && "tag" in value ? value.tag : undefined;
  if (typeof tag === "string") return null;
  return "GenEval's scripts need what its evaluation_metadata.jsonl says of each prompt (tag, include). Pass that file.";
}

/**
 * Checks that a layout can take all prompts.
 *
 * @throws CliError `EASEL_CLI_PROMPTS` naming the first prompt that it cannot
 */
export function checkPrompts(
  layout: FileLayout,
  prompts: readonly GenerationPrompt[],
  perPrompt: number,
): void {
  const highest = prompts.length * perPrompt - 1;
  for (const [index, prompt] of prompts.entries()) {
    const fault =
      layout === "plain"
        ? null
        : layout === "geneval"
          ? genEvalFault(prompt)
          : compBenchFault(prompt.text, highest);
    if (fault === null) continue;
    throw new CliError("EASEL_CLI_PROMPTS", `prompt ${index + 1}, "${prompt.text.slice(0, 80)}": ${fault}`);
  }
}
