// Layers of settings to one checked value, for any schema; every problem is told with its place. What the settings mean
// is their schema's.
import type { z } from "zod";
import type { Assignment } from "./assignment.js";
import { ConfigError } from "./errors.js";
import { layOver, treeOf } from "./layers.js";
import { describeProblems, type SettingNames } from "./problems.js";
import { readYaml } from "./yaml-source.js";

/** What is laid over each other: defaults, then the file, then the assignments; the later wins. */
export type SettingLayers = {
  readonly defaults: unknown;
  /** The text of a file and its name for messages. */
  readonly file: { readonly name: string; readonly text: string } | undefined;
  readonly assignments: readonly Assignment[];
};

/**
 * Lays settings over each other and checks the whole.
 *
 * @param names what each section may hold, for finding what a mistyped name meant
 * @throws ConfigError `EASEL_CONFIG_SYNTAX` or `EASEL_CONFIG_INVALID`; the message lists every problem with its place.
 */
export function checkedSettings<T>(
  schema: z.ZodType<T>,
  names: SettingNames,
  { defaults, file, assignments }: SettingLayers,
): T {
  const source = file === undefined ? null : readYaml(file.text, file.name);
  let merged = layOver(defaults, source?.value ?? undefined);
  for (const { path, value } of assignments) merged = layOver(merged, treeOf(path, value));

  const checked = schema.safeParse(merged);
  if (checked.success) return checked.data;

  const placeOf = (path: readonly string[]): string => {
    const assigned = assignments.findLast((one) => covers(one, path));
    if (assigned !== undefined) return assigned.origin;
    const line = source?.lineOf(path) ?? null;
    return line === null ? (file?.name ?? "") : `${file?.name}:${line}`;
  };
  const problems = describeProblems(checked.error, merged, placeOf, names);
  throw new ConfigError("EASEL_CONFIG_INVALID", problems.join("\n"));
}

const covers = (assignment: Assignment, path: readonly string[]): boolean =>
  assignment.path.every((name, i) => i >= path.length || path[i] === name);
