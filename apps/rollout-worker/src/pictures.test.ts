// A store without room makes a worker wait, keeps nothing of a slice that does not fit whole, and is named when the wait is too long.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDirectoryBlobStore } from "@easel/bus";
import { silentLogger } from "@easel/telemetry";
import { eventually, ManualClock } from "@easel/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PictureOptions, storePictures } from "./pictures.js";

const picture = (value: number): Uint8Array => new Uint8Array(100).fill(value);

let folder: string;
let clock: ManualClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-pictures-"));
  clock = new ManualClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function optionsWith(quotaBytes: number): Promise<PictureOptions> {
  const images = await openDirectoryBlobStore({ folder, quotaBytes });
  return { images, settings: { pictureDeadlineMs: 10_000 }, bus: { clock }, log: silentLogger };
}

/** Lets time pass beside the file operations until it is so. */
async function passUntil(isSo: () => boolean): Promise<void> {
  await eventually("time has passed", async () => {
    if (!isSo()) await clock.advance(250);
    return isSo();
  });
}

test("a slice waits until all of its pictures fit, and holds no room meanwhile", async () => {
  const options = await optionsWith(350);
  const before = await storePictures(options, [1, 2].map(picture), () => {});
  let waits = 0;
  const storing = storePictures(options, [3, 4, 5].map(picture), () => {
    waits += 1;
  });
  await passUntil(() => waits > 1);
  expect((await options.images.usage()).blobs).toBe(2);
  for (const { digest } of before) await options.images.delete(digest);
  let stored = 0;
  storing.then(
    ({ length }) => {
      stored = length;
    },
    () => {},
  );
  await passUntil(() => stored > 0);
  expect(stored).toBe(3);
  expect((await options.images.usage()).blobs).toBe(3);
});

test("pictures that never fit end the wait by name, with nothing left behind", async () => {
  const options = await optionsWith(250);
  const storing = storePictures(options, [1, 2, 3].map(picture), () => {});
  let refused: unknown = null;
  storing.catch((error: unknown) => {
    refused = error;
  });
  await passUntil(() => refused !== null);
  expect(refused).toMatchObject({
    code: "EASEL_ROLLOUT_PICTURES_FULL",
    message: expect.stringContaining("bus.imageQuota"),
  });
  expect((await options.images.usage()).blobs).toBe(0);
});
