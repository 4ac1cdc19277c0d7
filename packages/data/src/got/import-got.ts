// Brings releases of GoT data into a file of supervised examples. Every row is kept or counted with its reason.
import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { type DropCounts, DropTally } from "../drop-tally.js";
import { DataError } from "../errors.js";
import { mapInOrder } from "../map-in-order.js";
import { canonicalText } from "../prompts/canonical-text.js";
import type { HeldOut, HeldOutFile } from "../prompts/held-out.js";
import { isInnerPath, type SupervisedExample } from "../records/supervised-example.js";
import { type WrittenFile, writeLines } from "../records/whole-file.js";
import { writeSupervisedExamples } from "../records/write-records.js";
import { fieldNames } from "../rows/field-value.js";
import { digestFile, type FileDigest } from "../rows/file-bytes.js";
import { formatOf, type RowFormat, readRows } from "../rows/rows.js";
import { type GotDraft, type GotFields, readGotRow } from "./got-row.js";
import { pictureSize } from "./picture-size.js";

/** What to import and how. */
export type GotImport = {
  /** Files of the release, read in this order. */
  readonly inputs: readonly string[];
  /** The file of examples; the report goes to `<out>.report.json`. */
  readonly out: string;
  /** Name of the data set, in every example and its id. */
  readonly source: string;
  readonly fields: GotFields;
  /** Format of all inputs; absent: by their names. */
  readonly format?: RowFormat;
  /** Folder that the image paths are relative to: that of `out`, or one below it. */
  readonly imageFolder: string;
  /** Beginning of the image paths that is taken off. */
  readonly imagePrefix: string;
  /** Whether pictures are looked for and their sizes read; otherwise the noted size is taken and rows without one are left out. */
  readonly lookAtImages: boolean;
  /** Prompts that are left out. */
  readonly heldOut: HeldOut;
  /** Called now and then. */
  readonly onProgress?: (counts: { readonly read: number; readonly kept: number }) => void;
};

/** An input as it was read. */
export type InputReport = FileDigest & {
  readonly file: string;
  readonly format: string;
  readonly rows: number;
};

/** What an import did. */
export type GotReport = {
  readonly kind: "got";
  readonly source: string;
  readonly fields: GotFields;
  readonly imageFolder: string;
  readonly imagePrefix: string;
  readonly lookedAtImages: boolean;
  readonly inputs: readonly InputReport[];
  readonly heldOut: readonly HeldOutFile[];
  readonly read: number;
  readonly kept: number;
  readonly dropped: DropCounts;
  readonly cleaned: Cleaned;
  readonly output: WrittenFile & { readonly file: string };
};

type Cleaned = {
  /** Colour words removed after boxes. */
  colourWords: number;
  /** Examples that had such words. */
  chainsWithColourWords: number;
  /** Parentheses after boxes that were kept, as they hold no colour. */
  parenthesesKept: number;
  /** Examples whose noted size is not that of the picture; the picture's was taken. */
  sizesCorrected: number;
};

type Counts = { read: number; kept: number; readonly cleaned: Cleaned; readonly inputs: InputReport[] };
type Candidate = GotDraft & { readonly exampleId: string; readonly place: string };

const PICTURES_AT_ONCE = 16;
const PROGRESS_ROWS = 50_000;

/**
 * Imports. The same inputs and options give the same bytes; `out` appears whole or not at all, the report after it.
 *
 * @throws DataError `EASEL_DATA_NOTHING_KEPT` when no row is left, `EASEL_DATA_IMAGE_FOLDER` when the pictures are not below the
 *   folder of `out`, and as the readers of the formats
 */
export async function importGot(options: GotImport): Promise<GotReport> {
  const { inputs, out, source, fields, imageFolder, imagePrefix, lookAtImages, heldOut } = options;
  const folder = pathBelow(dirname(out), imageFolder);
  const dropped = new DropTally();
  const counts: Counts = {
    read: 0,
    kept: 0,
    cleaned: { colourWords: 0, chainsWithColourWords: 0, parenthesesKept: 0, sizesCorrected: 0 },
    inputs: [],
  };
  const candidates = readCandidates(options, counts, dropped);
  const settled = mapInOrder(candidates, PICTURES_AT_ONCE, async (candidate) => ({
    candidate,
    found: lookAtImages ? await pictureSize(join(imageFolder, candidate.image)) : null,
  }));
  const examples = async function* (): AsyncGenerator<SupervisedExample> {
    for await (const { candidate, found } of settled) {
      const size = found === null ? candidate.size : "size" in found ? found.size : null;
      if (size === null) {
        dropped.add(found !== null && "reason" in found ? found.reason : "size-missing", candidate.place);
        continue;
      }
      note(counts.cleaned, candidate, size);
      counts.kept += 1;
      const { prompt, chain } = candidate;
      const image = folder === "" ? candidate.image : `${folder}/${candidate.image}`;
      yield { id: candidate.exampleId, prompt, chain, image, ...size, source };
    }
    if (counts.kept > 0) return;
    throw new DataError(
      "EASEL_DATA_NOTHING_KEPT",
      `${inputs.join(", ")}: of ${counts.read} rows none is left (${dropped.summary() || "there are none"}). Nothing was written; check the names of the fields and the folder of the pictures.`,
    );
  };
  const output = await writeSupervisedExamples(out, examples());
  const report: GotReport = {
    kind: "got",
    source,
    fields,
    imageFolder: folder,
    imagePrefix,
    lookedAtImages: lookAtImages,
    inputs: counts.inputs,
    heldOut: heldOut.files,
    read: counts.read,
    kept: counts.kept,
    dropped: dropped.counts(),
    cleaned: counts.cleaned,
    output: { file: out, ...output },
  };
  await writeLines(`${out}.report.json`, [JSON.stringify(report, null, 2)]);
  return report;
}

/** Rows that are examples as far as their own words go; counts the others. */
async function* readCandidates(
  options: GotImport,
  counts: Counts,
  dropped: DropTally,
): AsyncGenerator<Candidate> {
  const { inputs, source, fields, format, imagePrefix, heldOut, onProgress } = options;
  const ids = new Set<string>();
  const rowsSeen = new Set<string>();
  for (const file of inputs) {
    const chosen = formatOf(file, format);
    const before = counts.read;
    let names: readonly string[] = [];
    let missing = 0;
    let notObjects = 0;
    for await (const { number, value } of readRows(file, chosen, Object.values(fields))) {
      counts.read += 1;
      if (counts.read % PROGRESS_ROWS === 0) onProgress?.(counts);
      if (names.length === 0) names = fieldNames(value);
      const place = `${basename(file)}:${number}`;
      const outcome = readGotRow(value, fields, imagePrefix);
      const reason = "reason" in outcome ? outcome.reason : refusal(outcome.draft);
      if (reason !== null) {
        if (reason.endsWith("-missing")) missing += 1;
        if (reason === "row-not-an-object") notObjects += 1;
        dropped.add(reason, place);
      } else if ("draft" in outcome) {
        yield { ...outcome.draft, exampleId: exampleId(outcome.draft), place };
      }
    }
    const rows = counts.read - before;
    // A field that no row has is a mistake in the options, not in the rows.
    if (missing > 0 && missing + notObjects === rows) throw wrongFields(file, fields, names);
    counts.inputs.push({ file, format: chosen, rows, ...(await digestFile(file)) });
  }

  function exampleId({ id }: GotDraft): string {
    return `${source}/${id ?? counts.read}`;
  }

  function refusal(draft: GotDraft): string | null {
    if (heldOut.fileWith(canonicalText(draft.prompt)) !== null) return "held-out";
    const id = exampleId(draft);
    if (ids.has(id)) return "duplicate-id";
    const row = shortDigest([draft.image, draft.prompt, draft.chain].join("\0"));
    if (rowsSeen.has(row)) return "duplicate-row";
    ids.add(id);
    rowsSeen.add(row);
    return null;
  }
}

/** Millions of these are held at once. */
function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("base64").slice(0, 22);
}

function note(
  cleaned: Cleaned,
  { colours, parentheses, size: noted }: GotDraft,
  size: GotDraft["size"],
): void {
  cleaned.colourWords += colours;
  if (colours > 0) cleaned.chainsWithColourWords += 1;
  cleaned.parenthesesKept += parentheses;
  if (noted !== null && (noted.width !== size?.width || noted.height !== size?.height)) {
    cleaned.sizesCorrected += 1;
  }
}

function wrongFields(file: string, fields: GotFields, names: readonly string[]): DataError {
  return new DataError(
    "EASEL_DATA_NOTHING_KEPT",
    `${file}: no row has a prompt in the field ${fields.prompt}, a chain in ${fields.chain} and an image in ${fields.image}; the first row has ${names.join(", ") || "no fields"}. Say which field is which.`,
  );
}

/** Path of `inner` seen from `outer`, with `/`; `""` when they are the same. */
function pathBelow(outer: string, inner: string): string {
  const path = relative(resolve(outer), resolve(inner)).split(sep).join("/");
  if (path === "" || isInnerPath(path)) return path;
  throw new DataError(
    "EASEL_DATA_IMAGE_FOLDER",
    `the pictures in ${inner} are not below ${outer}, the folder of the examples. Write the examples into the folder of the pictures or one above it.`,
  );
}
