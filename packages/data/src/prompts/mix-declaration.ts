// What a mix of prompts is declared to be: sources with their shares. Reads no lists.
import { dirname, isAbsolute, join } from "node:path";
import { z } from "zod";
import { DataError } from "../errors.js";

/** T2I-CompBench's lists, of which GoT-R1 reports these six categories; `3d_spatial` and `numeracy` are the other two. */
export const COMPBENCH_CATEGORIES = [
  "color",
  "shape",
  "texture",
  "spatial",
  "non_spatial",
  "complex",
] as const;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a name of letters, digits, . _ and -");
const path = z.string().min(1);

const compbench = z.strictObject({
  share: z.number().positive().max(1),
  compbench: path,
  categories: z
    .array(name)
    .min(1)
    .default([...COMPBENCH_CATEGORIES]),
});

const captions = z.strictObject({
  share: z.number().positive().max(1),
  files: z.array(path).min(1),
  field: z.string().min(1).default("prompt"),
  skill: z.exactOptional(name),
});

const declaration = z.strictObject({ sources: z.record(name, z.unknown()) });

/** One list of a source. */
export type PromptList = { readonly file: string; readonly field: string; readonly skill: string | null };

/** A source of a mix. */
export type MixSource = {
  readonly name: string;
  /** Part of the mix, in `(0,1]`. */
  readonly share: number;
  readonly lists: readonly PromptList[];
};

/** How far the sum of the shares may be from 1: they are written with few digits. */
const SHARE_SLACK = 1e-6;

/**
 * Sources of a declaration, in its order; paths in it are relative to its folder.
 *
 * @param value the parsed file
 * @param file where it was read, for paths and messages
 * @throws DataError `EASEL_DATA_MIX` when it is no declaration or the shares do not add up to 1
 */
export function mixSources(value: unknown, file: string): readonly MixSource[] {
  const { sources } = checked(declaration, value, file, "");
  const found = Object.entries(sources).map(([source, said]) => sourceOf(source, said, file));
  const sum = found.reduce((total, { share }) => total + share, 0);
  if (Math.abs(sum - 1) <= SHARE_SLACK) return found;
  throw new DataError(
    "EASEL_DATA_MIX",
    `${file}: the shares add up to ${Number(sum.toFixed(6))}. Declare shares that add up to 1.`,
  );
}

function sourceOf(source: string, said: unknown, file: string): MixSource {
  const at = (inner: string): string => (isAbsolute(inner) ? inner : join(dirname(file), inner));
  if (typeof said === "object" && said !== null && "compbench" in said) {
    const { share, compbench: folder, categories } = checked(compbench, said, file, `sources.${source}.`);
    const lists = categories.map((skill) => ({
      file: join(at(folder), `${skill}_train.txt`),
      field: "prompt",
      skill,
    }));
    return { name: source, share, lists };
  }
  const { share, files, field, skill = null } = checked(captions, said, file, `sources.${source}.`);
  return { name: source, share, lists: files.map((list) => ({ file: at(list), field, skill })) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown, file: string, prefix: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const place = `${prefix}${issue.path.map(String).join(".")}`.replace(/\.$/, "");
    return `${place === "" ? "the whole" : place}: ${issue.message}`;
  });
  throw new DataError(
    "EASEL_DATA_MIX",
    `${file} declares no mix (${problems.join("; ")}). Each source has a share and either compbench, a folder, or files.`,
  );
}
