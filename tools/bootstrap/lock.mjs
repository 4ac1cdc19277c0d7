// A lock file between set-ups on one cache or one checkout. It spares double work; correctness does not rest on it,
// because everything is made aside and renamed into place.

import { randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const heartbeatMs = 2_000;
const silentMs = 30_000;
const held = new Set();
process.on("exit", () => {
  for (const path of held) rmSync(path, { force: true });
});

/** Whether a process of this machine lives. A process of another user counts as alive. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Whether the holder is gone: dead on this machine, or silent for 30 s (another machine, or a reused process id). */
export function isStale(holder, ageMs, thisHost = hostname(), alive = isAlive) {
  if (ageMs > silentMs) return true;
  return holder !== null && holder.host === thisHost && !alive(holder.pid);
}

function readHolder(path) {
  try {
    const ageMs = Date.now() - statSync(path).mtimeMs;
    const text = readFileSync(path, "utf8");
    return { ageMs, holder: text === "" ? null : JSON.parse(text) };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    if (error instanceof SyntaxError) return { ageMs: 0, holder: null };
    throw error;
  }
}

function tryTake(path) {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Runs `work` while holding the lock file `path`.
 * @param {(holder: { pid: number, host: string } | null) => void} onWait called once, if another set-up holds it.
 */
export async function withLock(path, work, { onWait = () => {}, pollMs = 200 } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !tryTake(path); ) {
    const seen = readHolder(path);
    if (seen === undefined) continue;
    if (isStale(seen.holder, seen.ageMs)) {
      removeStale(path, seen.holder);
      continue;
    }
    if (!told) onWait(seen.holder);
    told = true;
    await sleep(pollMs);
  }
  held.add(path);
  const heartbeat = setInterval(() => touch(path), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    held.delete(path);
    rmSync(path, { force: true });
  }
}

// Renamed before it is removed, so that of several waiters only one succeeds. If meanwhile another waiter had removed
// the stale file and taken the lock, its fresh file is what got renamed: it is put back.
function removeStale(path, seen) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  const taken = readHolder(aside);
  if (taken?.holder && taken.holder.pid !== seen?.pid && !isStale(taken.holder, taken.ageMs))
    putBack(aside, path);
  rmSync(aside, { force: true });
}

function putBack(aside, path) {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Taken over after a long suspension of this process: the work still ends in an atomic rename.
  }
}
