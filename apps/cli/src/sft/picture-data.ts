// The data files of a supervised training as rows: read, encoded once, split. Says what was refused and stops when it is
// too much.
import type { SftConfig } from "@easel/config";
import { readSupervisedExamples } from "@easel/data";
import type { JanusModel } from "@easel/janus";
import { writeFileAtomic } from "@easel/runs";
import {
  codecDigest,
  countFaults,
  createPictureEncoder,
  isHeldOut,
  openCodeCache,
  type PictureRow,
  type PictureRows,
  type PictureTools,
  pictureRevision,
  picturesToRows,
  TrainingError,
} from "@easel/training";

/** What is trained on and what is not. */
export type PictureData = {
  readonly train: readonly PictureRow[];
  readonly heldOut: readonly PictureRow[];
};

/** Examples between two lines of progress. */
const progressEvery = 1000;

async function toolsFor(model: JanusModel, config: SftConfig): Promise<PictureTools> {
  const { image, vq } = model.config;
  const cache = await openCodeCache(config.data.cache, {
    policy: config.images.policy,
    side: image.imageSize,
    revision: pictureRevision,
    codec: await codecDigest({ vq }, model.params),
    tokens: image.tokens,
    codes: image.codes,
  });
  const encoder = createPictureEncoder({ vq }, model.params, image.imageSize);
  return { tokenizer: model.tokenizer, encoder, cache, image };
}

function summary(path: string, { rows, refused, encoded, cached, lostBoxes }: PictureRows): string {
  const faults = [...countFaults(refused)].map(([reason, count]) => `${reason} ${count}`).join(", ");
  return (
    `${path}: ${rows.length} examples, ${encoded} pictures encoded, ${cached} from the cache` +
    `${lostBoxes > 0 ? `, ${lostBoxes} boxes cropped away` : ""}` +
    `${refused.length > 0 ? `; refused ${refused.length}: ${faults}` : ""}`
  );
}

/** @throws TrainingError `EASEL_TRAINING_SFT_REFUSED` or `EASEL_TRAINING_SFT_EMPTY` */
function assertEnough(path: string, { rows, refused }: PictureRows, mostRefused: number): void {
  const all = rows.length + refused.length;
  if (all === 0) {
    throw new TrainingError(
      "EASEL_TRAINING_SFT_EMPTY",
      `${path} holds no example. Give a file that \`easel data prepare\` wrote.`,
    );
  }
  if (rows.length > 0 && refused.length <= mostRefused * all) return;
  const faults = [...countFaults(refused)].map(([reason, count]) => `${reason} ${count}`).join(", ");
  const [first] = refused;
  throw new TrainingError(
    "EASEL_TRAINING_SFT_REFUSED",
    `${path}: ${refused.length} of ${all} examples cannot be used (${faults}), more than data.refusedShare ${mostRefused} allows. ` +
      `The first is ${first?.id}, ${first?.image}: ${first?.detail}. Correct the data, or raise the share.`,
  );
}

/**
 * Reads the first line of each data file, so that a wrong path ends the command before a large model is loaded.
 *
 * @throws DataError as {@link preparePictureData}
 */
export async function checkDataFiles({ data: { file, devFile } }: SftConfig): Promise<void> {
  for (const path of devFile === null ? [file] : [file, devFile]) {
    for await (const _first of readSupervisedExamples(path)) break;
  }
}

/**
 * Prepares the data of a configuration.
 *
 * @param refusedFile gets a line for each refused example; replaced
 * @throws TrainingError as above; DataError for a file that is no data file
 */
export async function preparePictureData(
  model: JanusModel,
  config: SftConfig,
  refusedFile: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<PictureData> {
  const { data, images } = config;
  const tools = await toolsFor(model, config);
  const how = {
    ...images,
    maxChainTokens: data.maxChainTokens,
    maxPromptTokens: data.maxPromptTokens,
  };
  const refusedLines: string[] = [];
  const rowsOf = async (path: string): Promise<readonly PictureRow[]> => {
    let told = 0;
    const onProgress = (read: number): void => {
      if (read - told < progressEvery) return;
      told = read;
      say(`${path}: ${read} examples read`);
    };
    const found = await picturesToRows(readSupervisedExamples(path), path, how, tools, onProgress, signal);
    refusedLines.push(...found.refused.map((one) => `${JSON.stringify({ file: path, ...one })}\n`));
    await writeFileAtomic(refusedFile, refusedLines.join(""), { durable: false });
    say(summary(path, found));
    assertEnough(path, found, data.refusedShare);
    return found.rows;
  };
  try {
    const all = await rowsOf(data.file);
    if (data.devFile !== null) {
      const heldOut = await rowsOf(data.devFile);
      return { train: all, heldOut: heldOut.slice(0, data.devRows) };
    }
    const train = all.filter(({ prompt }) => !isHeldOut(prompt, data.devShare));
    if (train.length === 0) {
      throw new TrainingError(
        "EASEL_TRAINING_SFT_EMPTY",
        `data.devShare ${data.devShare} holds out every example of ${data.file}. Lower it, or give data.devFile.`,
      );
    }
    const heldOut = all.filter(({ prompt }) => isHeldOut(prompt, data.devShare));
    return { train, heldOut: heldOut.slice(0, data.devRows) };
  } finally {
    tools.encoder.dispose();
  }
}
