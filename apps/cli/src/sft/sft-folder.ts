// The folder of a supervised training on pictures. Only paths; what lies in them is written elsewhere.
import { join } from "node:path";

/** Where things are. */
export type SftFolder = {
  readonly root: string;
  /** The resolved settings. */
  readonly settings: string;
  /** A JSON line for each report and each measurement on held-out examples; only ever appended to. */
  readonly metrics: string;
  /** A JSON line for each example that was refused, with its reason. */
  readonly refused: string;
  /** States to go on from. */
  readonly states: string;
  readonly samples: string;
  /** The model that training made, written at the end. */
  readonly checkpoint: string;
  /** The adapter apart, in the form of the PEFT library; with LoRA only. */
  readonly adapter: string;
};

/** The paths under a folder. */
export function sftFolder(root: string): SftFolder {
  return {
    root,
    settings: join(root, "settings.json"),
    metrics: join(root, "metrics.jsonl"),
    refused: join(root, "refused.jsonl"),
    states: join(root, "states"),
    samples: join(root, "samples"),
    checkpoint: join(root, "checkpoint"),
    adapter: join(root, "adapter"),
  };
}
