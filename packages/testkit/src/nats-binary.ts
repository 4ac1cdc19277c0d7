// Finds the nats-server program and refuses one that is too old, with words on how to get another.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { compareVersions, MINIMUM_SERVER_VERSION, serverOnPath } from "@easel/bus";
import { TestkitError } from "./errors.js";

const run = promisify(execFile);

/** Environment variable with the path of the program. */
export const NATS_SERVER_VARIABLE = "EASEL_NATS_SERVER";

/**
 * Path of a nats-server of at least the given version: from `EASEL_NATS_SERVER`, else from PATH.
 * @throws TestkitError `EASEL_TESTKIT_NO_NATS_SERVER` saying how to provide one.
 */
export async function findNatsServer(
  minimumVersion = MINIMUM_SERVER_VERSION,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const path = environment[NATS_SERVER_VARIABLE] ?? serverOnPath(environment.PATH ?? "");
  if (path === null) throw missing("No nats-server program was found", minimumVersion);
  let version: string;
  try {
    version =
      /v(\d+\.\d+\.\d+)/.exec((await run(path, ["--version"], { timeout: 10_000 })).stdout)?.[1] ?? "0.0.0";
  } catch (cause) {
    throw missing(`${path} does not run (${String((cause as Error).message)})`, minimumVersion);
  }
  if (compareVersions(version, minimumVersion) < 0)
    throw missing(`${path} is version ${version}`, minimumVersion);
  return path;
}

function missing(what: string, minimumVersion: string): TestkitError {
  return new TestkitError(
    "EASEL_TESTKIT_NO_NATS_SERVER",
    `${what}; nats-server ${minimumVersion} or later is needed. Run "npm run doctor", which fetches one, or set ${NATS_SERVER_VARIABLE} to the path of one.`,
  );
}
