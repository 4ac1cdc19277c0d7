// Settings of a draw where the user gives none: GoT-R1's own for its checkpoints, others for small models of ours.
import { gotPromptTemplate, loadConfig, loadTokenizer } from "@easel/janus";

/** Settings that depend on the checkpoint. */
export type CheckpointDefaults = {
  readonly guidance: number;
  /** Longest chain in tokens. */
  readonly textCap: number;
  /** Samples of an evaluation that are drawn at once; caches of long chains are large. */
  readonly rows: number;
  /** Enlargement of the pictures that show the plan. */
  readonly scale: number;
};

const SHOWN_SIDE = 384;

/**
 * A checkpoint that brings no prompt template of its own is prompted as GoT-R1 is, and drawn as its `infer.py` draws:
 * guidance 5 and at most 600 chain tokens. One with its own template, such as janus-nano, was trained without guidance
 * and on short chains.
 *
 * @throws JanusError as reading the folder's tokenizer and config does
 */
export async function checkpointDefaults(folder: string): Promise<CheckpointDefaults> {
  const { promptTemplate } = await loadTokenizer(folder, { addLayoutTokens: true });
  const { image } = await loadConfig(folder);
  const original = promptTemplate === gotPromptTemplate;
  return {
    guidance: original ? 5 : 1,
    textCap: original ? 600 : 72,
    rows: original ? 16 : 128,
    scale: Math.max(1, Math.round(SHOWN_SIDE / image.imageSize)),
  };
}
