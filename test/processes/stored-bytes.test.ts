// The audit of stored bytes: a sound run has no fault, and each kind of damage to what was trained on is named. The damage is the control.
import { appendFile, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { checkpointPointer, openDirectoryBlobStore, type StoredFault, weightsHead } from "@easel/bus";
import { auditRun, readArchiveIndex } from "@easel/learner";
import { sha256Hex } from "@easel/protocol";
import { type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

async function faultsOf(run: RunUnderTest): Promise<readonly StoredFault[]> {
  const weights = await openDirectoryBlobStore({ folder: join(run.folder, "blobs", "weights") });
  const { conservation, faults } = await auditRun({
    bus: run.bus,
    run: run.run,
    folder: run.folder,
    weights,
  });
  expect(conservation.violations).toEqual([]);
  return faults;
}

/** Does something to a file, asks, and puts it back. */
async function whileChanged(
  run: RunUnderTest,
  path: string,
  change: (bytes: Buffer) => Promise<void>,
): Promise<readonly StoredFault[]> {
  const before = await readFile(path);
  await change(before);
  try {
    return await faultsOf(run);
  } finally {
    await writeFile(path, before);
  }
}

const flipped = (bytes: Buffer): Buffer => {
  const other = Buffer.from(bytes);
  const at = Math.floor(other.length / 2);
  other[at] = (other[at] ?? 0) ^ 1;
  return other;
};

test(
  "every stored byte of a run is what the ledger says, and each kind of damage is named",
  async () => {
    const run = await RunUnderTest.make(server, "bytes", ["learner.steps=8", "learner.checkpointEvery=2"]);
    try {
      // A restart on the way: what is made again is the same bytes.
      const killed = run.start("learner", "learner", { EASEL_TEST_KILL_AT: "updated@4" });
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      expect((await killed.exited).signal, killed.output).toBe("SIGKILL");
      const learner = run.start("learner", "learner");
      expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(16);
      expect(await faultsOf(run)).toEqual([]);

      const archive = join(run.folder, "archive");
      const [entry] = await readArchiveIndex(archive);
      const path = join(archive, entry?.file ?? "");
      const damaged = await whileChanged(run, path, (bytes) => writeFile(path, flipped(bytes)));
      expect(damaged).toContainEqual(
        expect.objectContaining({ rule: "unreadable", what: `archive/${entry?.file}` }),
      );
      // Its messages have left the streams, so they are nowhere whole.
      expect(damaged.map(({ rule }) => rule)).toContain("bytes_missing");

      // Forged so well that the archive agrees with itself: only the manifest says otherwise.
      const lines = (await promisify(gunzip)(await readFile(path))).toString("utf8").split("\n");
      const first = JSON.parse(lines[0] ?? "{}");
      const other = flipped(Buffer.from(first.bytes, "base64"));
      lines[0] = JSON.stringify({ ...first, digest: sha256Hex(other), bytes: other.toString("base64") });
      const content = await promisify(gzip)(lines.join("\n"));
      const index = join(archive, "index.jsonl");
      const forged = await whileChanged(run, index, async (text) => {
        await writeFile(join(archive, "forged.gz"), content);
        const rest = text.toString("utf8").split("\n").slice(1).join("\n");
        await writeFile(index, rest);
        await appendFile(
          index,
          `${JSON.stringify({ ...entry, file: "forged.gz", sha256: sha256Hex(content) })}\n`,
        );
      });
      expect(forged).toEqual([expect.objectContaining({ rule: "bytes_differ", what: first.subject })]);

      const pointer = await checkpointPointer(run.bus, run.run);
      const checkpoint = join(run.folder, "checkpoints", pointer?.name ?? "");
      const policy = join(checkpoint, "policy.json");
      const cut = await whileChanged(run, policy, () => truncate(policy, 5));
      expect(cut.map(({ rule, what }) => [rule, what])).toEqual([
        ["unreadable", `checkpoints/${pointer?.name}`],
        ["bytes_missing", `checkpoints/${pointer?.name}`],
      ]);
      // Another whole checkpoint in its place.
      const manifest = join(checkpoint, "checkpoint.json");
      const swapped = await whileChanged(run, manifest, (text) =>
        writeFile(manifest, `${text.toString("utf8")}\n`),
      );
      expect(swapped).toEqual([expect.objectContaining({ rule: "bytes_differ" })]);

      const digest = (await weightsHead(run.bus, run.run))?.blobs[0]?.digest ?? "";
      const blob = join(run.folder, "blobs", "weights", "sha256", digest.slice(0, 2), digest);
      const weights = await whileChanged(run, blob, (bytes) => writeFile(blob, flipped(bytes)));
      expect(weights).toEqual([
        expect.objectContaining({
          rule: "unreadable",
          detail: expect.stringContaining("do not have that digest"),
        }),
      ]);
      await rename(checkpoint, `${checkpoint}-away`);
      expect(await faultsOf(run)).toEqual([expect.objectContaining({ rule: "bytes_missing" })]);
      await rename(`${checkpoint}-away`, checkpoint);
      await rm(join(archive, "forged.gz"));
      expect(await faultsOf(run)).toEqual([]);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
