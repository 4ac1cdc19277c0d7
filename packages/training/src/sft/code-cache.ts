// Image codes on disk, so that each picture goes through the codec once. Keyed by the digest of the picture's file; one
// folder for each way of preparing pictures and each codec. May be deleted at any time: it costs time only.
import { createHash, randomUUID } from "node:crypto";
import { appendFile, mkdir, open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Codes of one picture in raster order, as small as they fit. */
export type PictureCodes = Uint16Array | Int32Array;

/** What codes depend on besides the picture's file. Any difference gives another folder. */
export type CodeScope = {
  readonly policy: string;
  /** Pixels per side. */
  readonly side: number;
  /** Version of the preparation of pixels. */
  readonly revision: number;
  /** Digest of the weights that encode. */
  readonly codec: string;
  /** Codes of a picture. */
  readonly tokens: number;
  /** Number of different codes. */
  readonly codes: number;
};

/** An open cache. Several processes may use one folder at the same time: each writes a file of its own. */
export type CodeCache = {
  readonly folder: string;
  /** Records on disk that were damaged and passed over. */
  readonly damaged: number;
  /** @param digest sha256 of the picture's file, 64 hex digits */
  get(digest: string): PictureCodes | undefined;
  /** Appends codes to disk. */
  put(entries: readonly (readonly [digest: string, codes: PictureCodes])[]): Promise<void>;
};

const digestBytes = 32;
const checkBytes = 8;
const recordsAtATime = 1024;

const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

/** Makes room for codes of a scope. */
export function newCodes({ tokens, codes }: Pick<CodeScope, "tokens" | "codes">): PictureCodes {
  return codes <= 65536 ? new Uint16Array(tokens) : new Int32Array(tokens);
}

/** Codes of many pictures in a few large buffers: millions of small ones would fill the heap of JavaScript. */
function createCodeStore(scope: CodeScope) {
  const places = new Map<string, number>();
  const buffers: PictureCodes[] = [];
  const placeOf = (place: number): PictureCodes => {
    const begin = (place % recordsAtATime) * scope.tokens;
    const buffer = buffers[Math.floor(place / recordsAtATime)] as PictureCodes;
    return buffer.subarray(begin, begin + scope.tokens);
  };
  return {
    has: (digest: string): boolean => places.has(digest),
    get(digest: string): PictureCodes | undefined {
      const place = places.get(digest);
      return place === undefined ? undefined : placeOf(place);
    },
    set(digest: string, codes: ArrayLike<number>): void {
      const place = places.get(digest) ?? places.size;
      if (place === buffers.length * recordsAtATime) {
        buffers.push(newCodes({ ...scope, tokens: scope.tokens * recordsAtATime }));
      }
      places.set(digest, place);
      placeOf(place).set(codes);
    },
  };
}

/** `[digest | codes | first bytes of the sha256 of both]`; all records of a scope have one size. */
function recordOf(digest: string, codes: PictureCodes): Buffer {
  const body = Buffer.concat([
    Buffer.from(digest, "hex"),
    Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength),
  ]);
  return Buffer.concat([body, sha256(body).subarray(0, checkBytes)]);
}

/** Reads the whole records of a file; a last part, which an interrupted write leaves, is passed over. */
async function readRecords(path: string, sizeBytes: number, each: (record: Buffer) => void): Promise<void> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(sizeBytes * recordsAtATime);
    let held = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, held, buffer.length - held);
      if (bytesRead === 0) return;
      held += bytesRead;
      const whole = held - (held % sizeBytes);
      for (let at = 0; at < whole; at += sizeBytes) each(buffer.subarray(at, at + sizeBytes));
      buffer.copy(buffer, 0, whole, held);
      held -= whole;
    }
  } finally {
    await file.close();
  }
}

/**
 * Opens the part of a cache folder that belongs to a scope and reads all its codes.
 *
 * @param folder made if absent
 */
export async function openCodeCache(folder: string, scope: CodeScope): Promise<CodeCache> {
  const about = JSON.stringify(scope);
  const place = join(folder, sha256(about).toString("hex").slice(0, 32));
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "about.json"), `${about}\n`);
  const known = createCodeStore(scope);
  const codeBytes = newCodes(scope).byteLength;
  const sizeBytes = digestBytes + codeBytes + checkBytes;
  const codes = newCodes(scope);
  let damaged = 0;
  const take = (record: Buffer): void => {
    const body = record.subarray(0, digestBytes + codeBytes);
    if (
      !sha256(body)
        .subarray(0, checkBytes)
        .equals(record.subarray(digestBytes + codeBytes))
    ) {
      damaged++;
      return;
    }
    Buffer.from(codes.buffer).set(body.subarray(digestBytes));
    known.set(body.toString("hex", 0, digestBytes), codes);
  };
  const files = (await readdir(place)).filter((name) => name.endsWith(".codes")).sort();
  for (const name of files) await readRecords(join(place, name), sizeBytes, take);
  // A file of this process alone, begun anew: appending to one that ends in half a record would shift all that follows.
  const own = join(place, `${randomUUID()}.codes`);
  return {
    folder: place,
    damaged,
    get: (digest) => known.get(digest),
    async put(entries) {
      const fresh = entries.filter(([digest]) => !known.has(digest));
      for (const [digest, codes] of fresh) known.set(digest, codes);
      if (fresh.length > 0) await appendFile(own, Buffer.concat(fresh.map((entry) => recordOf(...entry))));
    },
  };
}
