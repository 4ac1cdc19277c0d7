// What must be equal for two runs to give equal numbers: the library, the processor's vector units, the threads.
import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";

const SAMPLE_BYTES = 1024 * 1024;

/** Size, first and last MiB of a file: tells builds of a library apart without reading hundreds of megabytes. */
function sample(file: string): Buffer {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    const head = Buffer.alloc(Math.min(SAMPLE_BYTES, size));
    const tail = Buffer.alloc(Math.min(SAMPLE_BYTES, size));
    readSync(handle, head, 0, head.length, 0);
    readSync(handle, tail, 0, tail.length, size - tail.length);
    return Buffer.concat([Buffer.from(`${size}\n`), head, tail]);
  } finally {
    closeSync(handle);
  }
}

/** Files of libtensorflow mapped into this process, where the system tells. */
function loadedLibraries(): string[] {
  if (!existsSync("/proc/self/maps")) return [];
  const files = readFileSync("/proc/self/maps", "utf8").match(/\/\S*libtensorflow\S*/g) ?? [];
  return [...new Set(files)].sort();
}

/** The vector extensions that change which kernels run, e.g. `avx2 avx512f amx_bf16`. */
export function vectorUnits(): string {
  if (!existsSync("/proc/cpuinfo")) return process.arch;
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  return flags
    .split(" ")
    .filter((flag) => /^(avx|fma|amx|f16c|sve|asimd|bf16|i8mm)/.test(flag))
    .sort()
    .join(" ");
}

/** sha256 hex over the library, the vector units and the number of threads. */
export function engineFingerprint(version: string, threads: number): string {
  const hash = createHash("sha256").update(`${version}\n${process.arch}\n${vectorUnits()}\n${threads}\n`);
  for (const file of loadedLibraries()) hash.update(sample(file));
  return hash.digest("hex");
}
