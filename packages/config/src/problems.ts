// What zod found, told so that the user can correct it: place, key, what is wrong, what to write instead.
import type { z } from "zod";
import { nearestName } from "./nearest-name.js";

/** Finds where a path was set: "configs/nano.yaml:12" or "--set learner.steps=x"; "" when nowhere. */
export type PlaceOf = (path: readonly string[]) => string;

/** The names of the settings of each section; "" is the whole, "a.b" a section of a section. */
export type SettingNames = Readonly<Record<string, readonly string[]>>;

/** One line for each problem, in the order of the settings. */
export function describeProblems(
  error: z.ZodError,
  value: unknown,
  placeOf: PlaceOf,
  names: SettingNames,
): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `${prefix(placeOf([...path, key]))}${unknownKey(path, key, names)}`);
    }
    return [
      `${prefix(placeOf(path))}${path.join(".") || "the file"} ${wrongValue(issue, valueAt(value, issue.path))}`,
    ];
  });
}

/** What a user may well look for, and why a run has no such setting. */
const deliberatelyMissing: Readonly<Record<string, string>> = {
  "rollout.topK":
    "a ratio of policies exists only where both keep a token, so training samples from all tokens",
  "rollout.topP":
    "a ratio of policies exists only where both keep a token, so training samples from all tokens",
};

const prefix = (place: string): string => (place === "" ? "" : `${place}: `);

function unknownKey(section: readonly string[], key: string, names: SettingNames): string {
  const full = [...section, key].join(".");
  const reason = deliberatelyMissing[full];
  if (reason !== undefined) return `${full} is not a setting: ${reason}. Remove it.`;
  const known = names[section.join(".")] ?? [];
  const nearest = nearestName(key, known);
  if (nearest !== null) return `${full} is not a setting. Did you mean ${[...section, nearest].join(".")}?`;
  const elsewhere = Object.keys(names).find((other) => other !== "" && names[other]?.includes(key));
  if (elsewhere !== undefined) return `${full} is not a setting. Did you mean ${elsewhere}.${key}?`;
  return `${full} is not a setting. Remove it; known here: ${known.join(", ")}.`;
}

function wrongValue(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_type" && (issue.expected === "object" || issue.expected === "record")) {
    return `must hold settings, each on a line of its own below it; it is ${shown(value)}.`;
  }
  return `${issue.message}; it is ${shown(value)}.`;
}

function shown(value: unknown): string {
  if (value === undefined) return "not set";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const key of path) here = (here as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key];
  return here;
}
