// One measurement a picture, shared by all rewards that a worker serves: whoever asks first pays. Holds the newest few thousand.
import { type BlobStore, BusError } from "@easel/bus";
import type { RolloutTask, Sample } from "@easel/protocol";
import {
  type Judge,
  type Judgement,
  type MissingReason,
  missing,
  type RewardName,
  RewardsError,
  readPromptSpec,
} from "@easel/rewards";
import { decodePng, ShapeworldError } from "@easel/shapeworld";

const KEPT = 4_096;

export class Measurements {
  readonly #judge: Judge;
  readonly #images: BlobStore;
  readonly #known = new Map<string, Promise<Judgement>>();

  constructor(judge: Judge, images: BlobStore) {
    this.#judge = judge;
    this.#images = images;
  }

  /** What the judge says of a sample. A picture or prompt that cannot be read makes every reward missing, by name. */
  async of(task: RolloutTask, sample: Sample): Promise<Judgement> {
    const key = `${task.group}/${sample.index}/${sample.imageDigest}`;
    const known = this.#known.get(key);
    if (known !== undefined) return await known;
    const measuring = this.#measure(task, sample);
    this.#known.set(key, measuring);
    // A failure is not a measurement: whoever comes next tries again.
    measuring.catch(() => this.#known.delete(key));
    while (this.#known.size > KEPT) {
      const oldest = this.#known.keys().next();
      if (oldest.done === true) break;
      this.#known.delete(oldest.value);
    }
    return await measuring;
  }

  async #measure(task: RolloutTask, sample: Sample): Promise<Judgement> {
    try {
      const prompt = readPromptSpec(task.promptSpec);
      const image = decodePng(await this.#images.get(sample.imageDigest));
      const { chainText, forcedBoi } = sample;
      return await this.#judge.score({ prompt, chainText, forcedBoi, image });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      return Object.fromEntries(this.#judge.rewards.map((name: RewardName) => [name, missing(reason)]));
    }
  }
}

/** The reason of a fault that trying again would not mend; null for any other. */
function reasonOf(error: unknown): MissingReason | null {
  if (error instanceof RewardsError && error.code === "EASEL_REWARDS_PROMPT") return "unreadable-prompt";
  if (error instanceof ShapeworldError) return "unreadable-image";
  const gone = ["EASEL_BUS_BLOB_MISSING", "EASEL_BUS_BLOB_CORRUPT"];
  return error instanceof BusError && gone.includes(error.code) ? "unreadable-image" : null;
}
