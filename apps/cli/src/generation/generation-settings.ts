// What makes the pictures of an output folder: kept in its `generation.json`, so that pictures of other settings are never
// mixed in. Pure.
import { canonicalJson, sha256Hex } from "@easel/protocol";
import { CliError } from "../errors.js";
import type { FileLayout } from "./file-layout.js";
import type { GenerationPrompt } from "./prompt-list.js";

/** Whether the pictures of a prompt are drawn from one chain, as GoT-R1 does it, or each from its own. */
export const chainModes = ["each", "shared"] as const;

/** One of {@link chainModes}. */
export type ChainMode = (typeof chainModes)[number];

/** Everything that a picture depends on besides the engine, and where it lies. */
export type GenerationSettings = {
  /** Digests of the files. */
  readonly checkpoint: string;
  readonly policy: string | null;
  readonly prompts: string;
  readonly number: number;
  readonly seed: number;
  readonly textTemperature: number;
  readonly imageTemperature: number;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly guidance: number;
  readonly textCap: number;
  readonly chains: ChainMode;
  readonly layout: FileLayout;
};

/** The content of `generation.json`. */
export type GenerationManifest = {
  readonly format: 1;
  readonly settings: GenerationSettings;
  /** For people: where things came from. Not compared. */
  readonly about: {
    readonly checkpoint: string;
    readonly policy: string | null;
    /** File name of the list; null for `--prompt`. */
    readonly promptsFile: string | null;
    readonly prompts: number;
  };
};

const options: Readonly<Record<keyof GenerationSettings, string>> = {
  checkpoint: "--checkpoint",
  policy: "--policy",
  prompts: "the prompts",
  number: "-n",
  seed: "--seed",
  textTemperature: "--text-temperature",
  imageTemperature: "--image-temperature",
  topK: "--top-k",
  topP: "--top-p",
  guidance: "--guidance",
  textCap: "--text-cap",
  chains: "--chains",
  layout: "--layout",
};

/** The digest of a list of prompts, by id, text and line. */
export function promptsDigest(prompts: readonly GenerationPrompt[]): string {
  return sha256Hex(canonicalJson(prompts.map(({ id, text, line }) => [id, text, line])));
}

function differences(stored: unknown, wanted: GenerationSettings): readonly string[] {
  const known = (typeof stored === "object" && stored !== null ? stored : {}) as Readonly<
    Record<string, unknown>
  >;
  const shown = (value: unknown): string => {
    if (value === null || value === undefined) return "none";
    return typeof value === "string" && /^[0-9a-f]{64}/.test(value)
      ? `${value.slice(0, 12)}…`
      : JSON.stringify(value);
  };
  return (Object.keys(options) as (keyof GenerationSettings)[])
    .filter((key) => (known[key] ?? null) !== wanted[key])
    .map((key) => `${options[key]} (there ${shown(known[key])}, now ${shown(wanted[key])})`);
}

/**
 * Compares what a folder holds with what is asked for.
 *
 * @param text the folder's `generation.json`
 * @throws CliError `EASEL_CLI_OUT_FOLDER` naming every setting that differs
 */
export function checkSameSettings(text: string, wanted: GenerationSettings, folder: string): void {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    throw new CliError(
      "EASEL_CLI_OUT_FOLDER",
      `${folder}/generation.json is damaged, so that nobody can tell what the pictures there are. Pass another --out, or remove the folder.`,
    );
  }
  const settings =
    typeof stored === "object" && stored !== null && "settings" in stored ? stored.settings : {};
  const found = differences(settings, wanted);
  if (found.length === 0) return;
  throw new CliError(
    "EASEL_CLI_OUT_FOLDER",
    `${folder} holds pictures of other settings: ${found.join(", ")}. Pass another --out, or the settings of that folder to go on with it.`,
  );
}
