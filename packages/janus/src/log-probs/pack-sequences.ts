// Packs rollouts or training examples into one right-padded batch of plain typed arrays. Pure: no tensors here.
import { JanusError } from "../errors.js";

/** One sequence `[prompt | chain | begin-of-image | codes]`. */
export type SequenceRow = {
  readonly promptIds: ArrayLike<number>;
  /** Chain ids; the last one is begin-of-image. */
  readonly chainIds: ArrayLike<number>;
  readonly imageCodes: ArrayLike<number>;
  /** True when begin-of-image was appended at the cap and not sampled: its text mask is then 0. */
  readonly forcedBoi?: boolean;
  /** Condition dropout for guidance training: the row becomes its unconditional form and has no text tokens. */
  readonly dropCondition?: boolean;
};

/** What {@link packSequences} takes. Buckets keep the number of different shapes, hence of traces, small. */
export type PackOptions = {
  readonly rows: readonly SequenceRow[];
  readonly padId: number;
  /** Sequence length is rounded up to a multiple of this; 16 when left out. */
  readonly lengthBucket?: number;
  /** Number of text tokens is rounded up to a multiple of this; 256 when left out. */
  readonly textBucket?: number;
  /** Number of rows is rounded up to a multiple of this with empty rows; 1 when left out. */
  readonly rowBucket?: number;
};

/**
 * One batch. Flat positions are `row * length + column`. "Predicting position" is the place whose decoder state
 * gives the distribution of a token: the place before it. Text tokens come row after row, in order.
 */
export type PackedSequences = {
  /** Rows with the empty ones that fill the bucket. */
  readonly rows: number;
  readonly length: number;
  readonly imageTokens: number;
  /** Text tokens of the real rows, without the fillers. */
  readonly textCount: number;
  /** `[rows, length]` text ids; the pad id at image places and in padding. */
  readonly textIds: Int32Array;
  /** `[rows, length]` as `textIds` with ids 1..-2 of prompt and chain replaced by the pad id. */
  readonly unconditionalIds: Int32Array;
  /** `[rows, length]` image codes; 0 at text places. */
  readonly imageIds: Int32Array;
  /** `[rows, length]` 1 where the place holds an image code. */
  readonly isImage: Uint8Array;
  /** `[text]` flat predicting positions; 0 for fillers. */
  readonly textPositions: Int32Array;
  /** `[text]` ids to predict. */
  readonly textTargets: Int32Array;
  /** `[text]` row of each token; 0 for fillers. */
  readonly textRows: Int32Array;
  /** `[text]` 1 for sampled tokens, 0 for a forced begin-of-image and for fillers. */
  readonly textMask: Float32Array;
  /** `[text]` 1 where the target is the closing begin-of-image. */
  readonly textIsBoi: Uint8Array;
  /** `[rows, imageTokens]` flat predicting positions; the first is begin-of-image itself. */
  readonly imagePositions: Int32Array;
  /** `[rows, imageTokens]` codes to predict. */
  readonly imageTargets: Int32Array;
  /** `[rows, imageTokens]` 0 in filler rows, else 1. */
  readonly imageMask: Float32Array;
  /** `[rows, length]` index into the text tokens predicted at this place, or -1. */
  readonly textInverse: Int32Array;
  /** `[rows, length]` index into the flat image tokens predicted at this place, or -1. */
  readonly imageInverse: Int32Array;
};

/** Smallest multiple of `bucket` that is at least `n`, and at least one bucket. */
function roundUp(n: number, bucket: number): number {
  return Math.max(1, Math.ceil(n / bucket)) * bucket;
}

function check(rows: readonly SequenceRow[]): number {
  const imageTokens = rows[0]?.imageCodes.length ?? 0;
  if (imageTokens === 0) {
    throw new JanusError("EASEL_JANUS_SHAPE_MISMATCH", "Packing needs at least one row with image codes.");
  }
  rows.forEach((row, index) => {
    if (row.imageCodes.length !== imageTokens) {
      throw new JanusError(
        "EASEL_JANUS_SHAPE_MISMATCH",
        `Row ${index} has ${row.imageCodes.length} image codes, row 0 has ${imageTokens}. All pictures of a batch need the same number.`,
      );
    }
    if (row.promptIds.length === 0 || row.chainIds.length === 0) {
      throw new JanusError(
        "EASEL_JANUS_SHAPE_MISMATCH",
        `Row ${index} has an empty prompt or chain. A prompt starts with BOS and a chain ends with begin-of-image.`,
      );
    }
  });
  return imageTokens;
}

/**
 * Lays rows out one after the other, each `[prompt | chain + begin-of-image | codes]` from column 0, right padded.
 *
 * @throws JanusError `EASEL_JANUS_SHAPE_MISMATCH` for unequal numbers of codes, or an empty prompt or chain
 */
export function packSequences(options: PackOptions): PackedSequences {
  const { rows, padId } = options;
  const imageTokens = check(rows);
  const longest = Math.max(...rows.map((r) => r.promptIds.length + r.chainIds.length + imageTokens));
  const length = roundUp(longest, options.lengthBucket ?? 16);
  const rowCount = roundUp(rows.length, options.rowBucket ?? 1);
  const textCount = rows.reduce((sum, r) => sum + (r.dropCondition === true ? 0 : r.chainIds.length), 0);
  const textSlots = roundUp(textCount, options.textBucket ?? 256);
  const places = rowCount * length;
  const images = rowCount * imageTokens;

  const packed: PackedSequences = {
    rows: rowCount,
    length,
    imageTokens,
    textCount,
    textIds: new Int32Array(places).fill(padId),
    unconditionalIds: new Int32Array(places).fill(padId),
    imageIds: new Int32Array(places),
    isImage: new Uint8Array(places),
    textPositions: new Int32Array(textSlots),
    textTargets: new Int32Array(textSlots),
    textRows: new Int32Array(textSlots),
    textMask: new Float32Array(textSlots),
    textIsBoi: new Uint8Array(textSlots),
    imagePositions: new Int32Array(images),
    imageTargets: new Int32Array(images),
    imageMask: new Float32Array(images),
    textInverse: new Int32Array(places).fill(-1),
    imageInverse: new Int32Array(places).fill(-1),
  };
  let text = 0;
  rows.forEach((row, index) => {
    text = placeText(packed, row, index, text);
    placeImage(packed, row, index);
  });
  return packed;
}

/** Writes prompt and chain of one row; returns the index of the next text token. */
function placeText(packed: PackedSequences, row: SequenceRow, index: number, firstText: number): number {
  const start = index * packed.length;
  const promptLength = row.promptIds.length;
  const chainLength = row.chainIds.length;
  const last = promptLength + chainLength - 1;
  const idAt = (column: number): number =>
    (column < promptLength ? row.promptIds[column] : row.chainIds[column - promptLength]) as number;
  for (let column = 0; column <= last; column++) {
    const kept = column === 0 || column === last;
    if (kept) packed.unconditionalIds[start + column] = idAt(column);
    if (kept || row.dropCondition !== true) packed.textIds[start + column] = idAt(column);
  }
  if (row.dropCondition === true) return firstText;
  let text = firstText;
  for (let i = 0; i < chainLength; i++, text++) {
    const isBoi = i === chainLength - 1;
    const predicting = start + promptLength + i - 1;
    packed.textPositions[text] = predicting;
    packed.textInverse[predicting] = text;
    packed.textTargets[text] = row.chainIds[i] as number;
    packed.textRows[text] = index;
    packed.textIsBoi[text] = isBoi ? 1 : 0;
    packed.textMask[text] = isBoi && row.forcedBoi === true ? 0 : 1;
  }
  return text;
}

function placeImage(packed: PackedSequences, row: SequenceRow, index: number): void {
  const first = index * packed.length + row.promptIds.length + row.chainIds.length;
  for (let i = 0; i < packed.imageTokens; i++) {
    const code = row.imageCodes[i] as number;
    const token = index * packed.imageTokens + i;
    packed.imageIds[first + i] = code;
    packed.isImage[first + i] = 1;
    packed.imagePositions[token] = first + i - 1;
    packed.imageInverse[first + i - 1] = token;
    packed.imageTargets[token] = code;
    packed.imageMask[token] = 1;
  }
}
