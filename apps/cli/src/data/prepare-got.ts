// Runs the import of a GoT release and says what became of its rows. The work is in the data package.
import { dirname } from "node:path";
import {
  DEFAULT_GOT_FIELDS,
  type GotFields,
  importGot,
  NOTHING_HELD_OUT,
  type RowFormat,
  readHeldOut,
} from "@easel/data";
import { gotLines } from "./report-lines.js";

/** Options of `easel data prepare got`. */
export type GotCommandOptions = {
  readonly out: string;
  readonly source: string;
  readonly field: Partial<GotFields>;
  readonly format?: RowFormat;
  readonly images?: string;
  readonly imagePrefix: string;
  readonly trustSizes?: boolean;
  readonly heldOut?: readonly string[];
};

/** Imports and prints what was kept and what was not. */
export async function prepareGot(files: readonly string[], options: GotCommandOptions): Promise<void> {
  const { out, source, field, format, images, imagePrefix, trustSizes = false, heldOut } = options;
  const report = await importGot({
    inputs: files,
    out,
    source,
    fields: { ...DEFAULT_GOT_FIELDS, ...field },
    ...(format === undefined ? {} : { format }),
    imageFolder: images ?? dirname(out),
    imagePrefix,
    lookAtImages: !trustSizes,
    heldOut: heldOut === undefined ? NOTHING_HELD_OUT : await readHeldOut(heldOut),
    onProgress: ({ read, kept }) => void process.stderr.write(`${read} rows read, ${kept} kept\n`),
  });
  for (const line of gotLines(report)) process.stdout.write(`${line}\n`);
}
