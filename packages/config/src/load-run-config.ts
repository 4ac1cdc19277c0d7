// From a YAML text, environment and command line to the compiled configuration: defaults, then file, then environment,
// then command line; the later wins.
import { readFile } from "node:fs/promises";
import { assignmentsFromEnvironment, parseAssignment } from "./assignment.js";
import { checkedSettings } from "./checked-settings.js";
import { defaultSettings } from "./default-settings.js";
import { ConfigError } from "./errors.js";
import { compileSettings, type RunConfig } from "./run-config.js";
import { knownNames, settingsSchema } from "./schema/settings.js";

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
  const assignments = [
    ...assignmentsFromEnvironment(env),
    ...sets.map((text) => parseAssignment(text, `--set ${text}`)),
  ];
  const layers = { defaults: defaultSettings, file, assignments };
  return compileSettings(checkedSettings(settingsSchema, knownNames, layers));
}

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
