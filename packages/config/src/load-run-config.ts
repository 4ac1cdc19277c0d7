// From a YAML text, environment and command line to the compiled configuration: defaults, then file, then environment,
// then command line; the later wins.
import { readFile } from "node:fs/promises";
import { type Assignment, assignmentsFromEnvironment, parseAssignment } from "./assignment.js";
import { defaultSettings } from "./default-settings.js";
import { ConfigError } from "./errors.js";
import { layOver, treeOf } from "./layers.js";
import { describeProblems } from "./problems.js";
import { compileSettings, type RunConfig } from "./run-config.js";
import { settingsSchema } from "./schema/settings.js";
import { readYaml } from "./yaml-source.js";

export type ConfigSources = {
  /** The text of a configuration file and its name for messages. */
  readonly file?: { readonly name: string; readonly text: string };
  /** A copy of the environment; only an application has the right to read it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The values of `--set`, in order. */
  readonly sets?: readonly string[];
};

/**
 * Compiles the configuration from texts. Pure.
 * @throws ConfigError `EASEL_CONFIG_SYNTAX` or `EASEL_CONFIG_INVALID`; the message lists every problem with its place.
 */
export function compileRunConfig({ file, env = {}, sets = [] }: ConfigSources): RunConfig {
  const source = file === undefined ? null : readYaml(file.text, file.name);
  const assignments = [
    ...assignmentsFromEnvironment(env),
    ...sets.map((text) => parseAssignment(text, `--set ${text}`)),
  ];
  let merged = layOver(defaultSettings, source?.value ?? undefined);
  for (const { path, value } of assignments) merged = layOver(merged, treeOf(path, value));

  const checked = settingsSchema.safeParse(merged);
  if (checked.success) return compileSettings(checked.data);

  const placeOf = (path: readonly string[]): string => {
    const assigned = assignments.findLast((one) => covers(one, path));
    if (assigned !== undefined) return assigned.origin;
    const line = source?.lineOf(path) ?? null;
    return line === null ? (file?.name ?? "") : `${file?.name}:${line}`;
  };
  const problems = describeProblems(checked.error, merged, placeOf);
  throw new ConfigError("EASEL_CONFIG_INVALID", problems.join("\n"));
}

const covers = (assignment: Assignment, path: readonly string[]): boolean =>
  assignment.path.every((name, i) => i >= path.length || path[i] === name);

/**
 * Reads the file and compiles. Without a file the defaults hold.
 * @throws ConfigError as {@link compileRunConfig}, and `EASEL_CONFIG_UNREADABLE`.
 */
export async function loadRunConfig(
  o: { readonly path?: string } & Omit<ConfigSources, "file">,
): Promise<RunConfig> {
  const { path, ...rest } = o;
  if (path === undefined) return compileRunConfig(rest);
  return compileRunConfig({ ...rest, file: { name: path, text: await readText(path) } });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      "EASEL_CONFIG_UNREADABLE",
      `The configuration ${path} cannot be read (${reason}). Name an existing file with --config, for example configs/nano.yaml.`,
      { cause },
    );
  }
}
