// The archive of a run: the messages of settled groups, byte for byte, in its folder before the streams forget them. One compressed file
// for each checkpoint interval, named with its digest in an index.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Bus, StreamName } from "@easel/bus";
import { streamNames } from "@easel/bus";
import { encodeMessage, messageDigest, sha256Hex, subjects } from "@easel/protocol";
import { appendDurably, writeDurably } from "./durable-file.js";
import { LearnerError } from "./errors.js";
import type { ReadyGroup } from "./group-book.js";

const compress = promisify(gzip);
const decompress = promisify(gunzip);
const INDEX = "index.jsonl";

export type ArchivedMessage = {
  readonly subject: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
};

export type ArchiveEntry = {
  readonly file: string;
  readonly sha256: string;
  readonly step: number;
  readonly groups: readonly string[];
};

/** Writes the messages of some groups. Durable when it resolves. */
export async function archiveGroups(
  bus: Bus,
  folder: string,
  name: string,
  step: number,
  groups: readonly ReadyGroup[],
): Promise<ArchiveEntry> {
  await mkdir(folder, { recursive: true });
  const lines: string[] = [];
  for (const group of groups) {
    for (const message of await messagesOf(bus, group)) {
      const { subject, digest, bytes } = message;
      lines.push(JSON.stringify({ subject, digest, bytes: Buffer.from(bytes).toString("base64") }));
    }
  }
  const content = await compress(`${lines.join("\n")}\n`);
  const file = `${name}.jsonl.gz`;
  await writeDurably(join(folder, file), content);
  const entry: ArchiveEntry = {
    file,
    sha256: sha256Hex(content),
    step,
    groups: groups.map(({ task }) => task.group),
  };
  await appendDurably(join(folder, INDEX), `${JSON.stringify(entry)}\n`);
  return entry;
}

/** What the index says; files are checked when they are read. */
export async function readArchiveIndex(folder: string): Promise<ArchiveEntry[]> {
  const text = await readFile(join(folder, INDEX), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as ArchiveEntry];
    } catch {
      return [];
    }
  });
}

/** The messages of one archive file. Fails when the file or a message is not what was written. */
export async function readArchive(folder: string, entry: ArchiveEntry): Promise<ArchivedMessage[]> {
  const content = await readFile(join(folder, entry.file));
  if (sha256Hex(content) !== entry.sha256) throw damaged(join(folder, entry.file));
  const text = (await decompress(content)).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { subject, digest, bytes } = JSON.parse(line) as {
        subject: string;
        digest: string;
        bytes: string;
      };
      const message = { subject, digest, bytes: Uint8Array.from(Buffer.from(bytes, "base64")) };
      if (sha256Hex(message.bytes) !== digest) throw damaged(join(folder, entry.file));
      return message;
    });
}

async function messagesOf(bus: Bus, { task, slices }: ReadyGroup): Promise<ArchivedMessage[]> {
  const found: ArchivedMessage[] = [];
  for (const { slice, trajectory, trajectoryDigest, scores } of slices) {
    const subject = subjects.trajectory(task.run, task.group, slice);
    const bytes = encodeMessage("trajectory", trajectory);
    found.push(await exactly(bus, streamNames.results, subject, trajectoryDigest, bytes));
    for (const { reward, vector, digest } of scores) {
      const scoreSubject = subjects.score(task.run, task.group, slice, reward);
      found.push(
        await exactly(bus, streamNames.scores, scoreSubject, digest, encodeMessage("scoreVector", vector)),
      );
    }
  }
  return found;
}

/** The bytes that were published. Writing the message again gives them, unless another program wrote it first. */
async function exactly(
  bus: Bus,
  stream: StreamName,
  subject: string,
  digest: string,
  bytes: Uint8Array,
): Promise<ArchivedMessage> {
  if (messageDigest(bytes) === digest) return { subject, digest, bytes };
  const stored = await bus.jsm.streams.getMessage(stream, { last_by_subj: subject });
  const raw = stored === null ? null : Uint8Array.from(stored.data);
  if (raw !== null && messageDigest(raw) === digest) return { subject, digest, bytes: raw };
  throw new LearnerError(
    "EASEL_LEARNER_REPLAY_MISSING",
    `The message ${subject} with digest ${digest} is not in the stream ${stream} any more, so it cannot be archived. Restore the broker's store.`,
  );
}

function damaged(path: string): LearnerError {
  return new LearnerError(
    "EASEL_LEARNER_CHECKPOINT_CORRUPT",
    `The archive file ${path} is not what was written. Restore it from a copy; training does not need it, audit and replay do.`,
  );
}
