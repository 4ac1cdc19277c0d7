// Single settings from the command line and the environment: "learner.steps=20". The value is read as YAML.
import { parse } from "yaml";
import { ConfigError } from "./errors.js";

/** One setting given outside the file, and where it was given, for messages. */
export type Assignment = {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly origin: string;
};

/**
 * Reads "a.b=value".
 * @param origin how messages call the place, such as `--set learner.steps=20`.
 * @throws ConfigError `EASEL_CONFIG_SYNTAX`
 */
export function parseAssignment(text: string, origin: string): Assignment {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(at, 0)).trim().split(".");
  if (at <= 0 || path.some((name) => name === "")) {
    throw new ConfigError(
      "EASEL_CONFIG_SYNTAX",
      `${origin} is not a setting. Write section.name=value, for example learner.steps=20.`,
    );
  }
  try {
    return { path, value: parse(text.slice(at + 1)), origin };
  } catch (cause) {
    throw new ConfigError(
      "EASEL_CONFIG_SYNTAX",
      `${origin}: the value is not YAML. Quote it if it holds special characters.`,
      { cause },
    );
  }
}

/**
 * Settings from environment variables. `EASEL_ENGINE` and `EASEL_NATS_URL` set one each; `EASEL_SETTINGS` holds any, one
 * a line.
 * @param env a copy of the environment, passed in by an application.
 */
export function assignmentsFromEnvironment(env: Readonly<Record<string, string | undefined>>): Assignment[] {
  const assignments: Assignment[] = [];
  const single = (name: string, path: string) => {
    const value = env[name];
    if (value) assignments.push({ path: path.split("."), value, origin: `the environment variable ${name}` });
  };
  single("EASEL_ENGINE", "engine.backend");
  single("EASEL_NATS_URL", "bus.nats");
  for (const line of (env.EASEL_SETTINGS ?? "").split("\n")) {
    if (line.trim() !== "") assignments.push(parseAssignment(line.trim(), `EASEL_SETTINGS (${line.trim()})`));
  }
  return assignments;
}
