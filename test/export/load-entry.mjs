// A process that loads one checkpoint and reports, in bytes: its memory before (idle), the peak while loading, and what the
// weights take once loaded. `whole` as third argument reads all files before the first weight is placed: the control.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { memory, readSafetensors, startEngine } from "@easel/engine";
import { loadJanus, placeWeights } from "@easel/janus";

const [folder, storage, how] = process.argv.slice(2);

async function status(key) {
  const text = await readFile("/proc/self/status", "utf8");
  return 1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]);
}

async function loadWhole() {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  const read = await Promise.all(files.map((name) => readSafetensors(join(folder, name))));
  return placeWeights(new Map(read.flatMap(({ tensors }) => [...tensors])));
}

await startEngine();
// The engine's start has a peak of its own: begin again from what is resident now.
await writeFile("/proc/self/clear_refs", "5");
const idleBytes = await status("VmRSS");
const before = memory().sizeBytes;
const loaded =
  how === "whole" ? await loadWhole() : (await loadJanus(folder, { keepHalf: storage === "kept" })).params;
const peakBytes = await status("VmHWM");
const loadedBytes = memory().sizeBytes - before;
const weights = Object.keys(loaded.weights).length;
process.send?.({ idleBytes, peakBytes, loadedBytes, weights }, () => process.exit(0));
