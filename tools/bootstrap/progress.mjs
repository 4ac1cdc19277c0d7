// What set-up tells its user: one line a step, with its time, and a line each few seconds while a step lasts.
import { performance } from "node:perf_hooks";

/** "12 ms", "3.4 s", "2 min 05 s". */
export function formatMs(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** "512 B", "48 kB", "274 MB": decimal units, as download pages show them. */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Writes set-up's lines through `write` (a function of one line). */
export function createProgress(write, now = () => performance.now()) {
  const label = (name) => name.padEnd(12);
  return {
    /** A line within a step. */
    say: (name, text) => write(`  ${label(name)} ${text}`),
    /** Runs `work` and says how long it took; `work` returns the text of the last line. */
    async step(name, work) {
      const started = now();
      const text = await work();
      write(`  ${label(name)} ${text} (${formatMs(now() - started)})`);
    },
  };
}

/** The same for a command whose user did not ask for set-up: steps that say nothing while they last are not listed. */
export function createQuietProgress(write, now) {
  let spoke = false;
  const lines = createProgress((line) => {
    if (spoke) write(line);
  }, now);
  return {
    say(name, text) {
      spoke = true;
      lines.say(name, text);
    },
    async step(name, work) {
      spoke = false;
      await lines.step(name, work);
    },
  };
}
