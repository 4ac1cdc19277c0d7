// The byte quota on pictures: workers wait for room, and nothing is lost, drawn in vain or left behind.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDirectoryBlobStore } from "@easel/bus";
import { eventually, type NatsServer, startNats } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunUnderTest } from "./run-under-test.js";

const LIMIT_MS = 180_000;
/** A picture of the simulated policy has some 250 bytes: room for one step's eight, and for little more. */
const QUOTA_BYTES = 3_000;

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.dispose());

test(
  "with room for hardly more than a step two workers wait, and the run trains every group all the same",
  async () => {
    const run = await RunUnderTest.make(server, "quota", [
      `bus.imageQuota=${QUOTA_BYTES} B`,
      "learner.steps=6",
    ]);
    try {
      const learner = run.start("learner", "learner");
      // A reward worker that is not there yet: the store fills up, since nothing can be trained.
      const workers = [run.start("rollout", "rollout-1"), run.start("rollout", "rollout-2")];
      const images = await openDirectoryBlobStore({ folder: join(run.folder, "blobs", "images") });
      let most = 0;
      const measuring = setInterval(
        () =>
          void images.usage().then(
            ({ sizeBytes }) => {
              most = Math.max(most, sizeBytes);
            },
            () => {},
          ),
        20,
      );
      await eventually(
        "a worker waits for room",
        async () => {
          const logs = (await run.log("rollout-1")) + (await run.log("rollout-2"));
          return logs.includes("no room for pictures");
        },
        60_000,
      );
      run.start("reward", "reward-1");
      expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
      clearInterval(measuring);
      for (const worker of workers)
        expect(await worker.stop(), worker.output).toEqual({ code: 0, signal: null });
      const { counts } = await run.expectConserved(12);
      expect(counts.dead).toBe(0);
      expect((await run.steps()).every((step) => step.missingRewards === 0)).toBe(true);
      expect(most).toBeGreaterThan(0);
      // Two processes each may measure the folder before the other's last write shows.
      expect(most).toBeLessThanOrEqual(QUOTA_BYTES * 1.5);
      expect((await images.usage()).blobs).toBe(0);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);

test(
  "pictures that a dead worker left are gone when the run has ended",
  async () => {
    const run = await RunUnderTest.make(server, "orphans", ["learner.steps=3"]);
    try {
      const place = join(run.folder, "blobs", "images", "sha256", "ab");
      await mkdir(place, { recursive: true });
      await writeFile(join(place, "ab".repeat(32)), "a picture that no trajectory names");
      const learner = run.start("learner", "learner");
      run.start("rollout", "rollout-1");
      run.start("reward", "reward-1");
      expect(await learner.exited, learner.output).toEqual({ code: 0, signal: null });
      await run.expectConserved(6);
      expect(await readdir(place)).toEqual([]);
    } finally {
      await run.dispose();
    }
  },
  LIMIT_MS,
);
