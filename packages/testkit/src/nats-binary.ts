// Finds the nats-server program and refuses one that is too old, with words on how to get another.
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { TestkitError } from "./errors.js";

const run = promisify(execFile);

/** Environment variable with the path of the program. */
export const NATS_SERVER_VARIABLE = "EASEL_NATS_SERVER";

/**
 * Path of a nats-server of at least the given version: from `EASEL_NATS_SERVER`, else from PATH.
 * @throws TestkitError `EASEL_TESTKIT_NO_NATS_SERVER` saying how to provide one.
 */
export async function findNatsServer(
  minimumVersion = "2.12.0",
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const path = environment[NATS_SERVER_VARIABLE] ?? searchPath(environment.PATH ?? "");
  if (path === null) throw missing("No nats-server program was found", minimumVersion);
  let version: string;
  try {
    version =
      /v(\d+\.\d+\.\d+)/.exec((await run(path, ["--version"], { timeout: 10_000 })).stdout)?.[1] ?? "0.0.0";
  } catch (cause) {
    throw missing(`${path} does not run (${String((cause as Error).message)})`, minimumVersion);
  }
  if (!atLeast(version, minimumVersion)) throw missing(`${path} is version ${version}`, minimumVersion);
  return path;
}

function searchPath(list: string): string | null {
  for (const folder of list.split(delimiter)) {
    const candidate = join(folder, "nats-server");
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

function atLeast(version: string, minimum: string): boolean {
  const [have, want] = [version.split(".").map(Number), minimum.split(".").map(Number)];
  for (const [i, part] of want.entries()) {
    if ((have[i] ?? 0) !== part) return (have[i] ?? 0) > part;
  }
  return true;
}

function missing(what: string, minimumVersion: string): TestkitError {
  return new TestkitError(
    "EASEL_TESTKIT_NO_NATS_SERVER",
    `${what}; nats-server ${minimumVersion} or later is needed. Run "npm run doctor", which fetches one, or set ${NATS_SERVER_VARIABLE} to the path of one.`,
  );
}
