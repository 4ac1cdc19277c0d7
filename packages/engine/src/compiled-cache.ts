// What XLA compiled, kept in a folder for later processes. TensorFlow writes and reads the entries but does not check
// them: a damaged one fails the call that loads it, or worse. So each gets a seal, the digest of its bytes, and an entry
// without its seal is deleted when a process starts.
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

const ENTRY = ".pb";
const SEAL = ".sha256";
const KEPT_BYTES = 512 * 1024 * 1024;

type Entry = { readonly name: string; readonly sizeBytes: number; readonly usedMs: number };

export class CompiledCache {
  readonly folder: string;
  readonly #sealed = new Set<string>();

  /**
   * Opens the cache in `folder`: deletes what is not what its seal says, then the oldest entries beyond `keptBytes`.
   * @throws what the file system throws when the folder cannot be made or read
   */
  constructor(folder: string, keptBytes = KEPT_BYTES) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    const whole = entriesOf(folder).filter((entry) => this.#isWhole(entry.name) || this.#remove(entry.name));
    let sum = 0;
    for (const entry of whole.sort((a, b) => b.usedMs - a.usedMs)) {
      sum += entry.sizeBytes;
      if (sum > keptBytes) this.#remove(entry.name);
      else this.#sealed.add(entry.name);
    }
  }

  /** Seals the entries that were written since. To be called after something was compiled; never throws. */
  seal(): void {
    try {
      for (const { name } of entriesOf(this.folder)) {
        if (this.#sealed.has(name)) continue;
        const file = join(this.folder, name + SEAL);
        writeFileSync(`${file}.${process.pid}`, this.#digest(name));
        renameSync(`${file}.${process.pid}`, file);
        this.#sealed.add(name);
      }
    } catch {
      // A full disk, or another process that tidied up: the entry goes without a seal, and is compiled again.
    }
  }

  #isWhole(name: string): boolean {
    try {
      return readFileSync(join(this.folder, name + SEAL), "utf8") === this.#digest(name);
    } catch {
      return false;
    }
  }

  #digest(name: string): string {
    return createHash("sha256")
      .update(readFileSync(join(this.folder, name)))
      .digest("hex");
  }

  #remove(name: string): false {
    rmSync(join(this.folder, name), { force: true });
    rmSync(join(this.folder, name + SEAL), { force: true });
    return false;
  }
}

const FORGOTTEN_AFTER_MS = 60 * 24 * 3600 * 1000;

/**
 * Marks `folder` as used now and deletes the folders beside it, those of other libraries, machines or thread numbers, that
 * nothing has used for sixty days.
 * @throws what the file system throws
 */
export function forgetUnused(folder: string, nowMs: number): void {
  utimesSync(folder, nowMs / 1000, nowMs / 1000);
  const root = dirname(folder);
  for (const name of readdirSync(root)) {
    const other = join(root, name);
    const stat = statSync(other, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true || nowMs - stat.mtimeMs < FORGOTTEN_AFTER_MS) continue;
    rmSync(other, { recursive: true, force: true });
  }
}

function entriesOf(folder: string): Entry[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENTRY))
    .flatMap((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ name, sizeBytes: stat.size, usedMs: stat.mtimeMs }];
    });
}

let open: CompiledCache | null = null;
let timer: NodeJS.Timeout | null = null;

/** Makes `cache` the one of this process. */
export function useCompiledCache(cache: CompiledCache): void {
  open = cache;
  process.once("exit", () => cache.seal());
}

/** To be called when XLA may have compiled something. Seals soon, once for many calls. */
export function sealSoon(): void {
  if (open === null || timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    open?.seal();
  }, 500);
  timer.unref();
}
