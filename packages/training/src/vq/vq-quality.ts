// How much of true pictures survives the codec, judged by the shapeworld detector. Reported, never trained on.
import { iou } from "@easel/chain";
import type { Params } from "@easel/engine";
import type { VqConfig } from "@easel/janus";
import { type Detection, detect, randomFrom, renderScene, type Scene } from "@easel/shapeworld";
import { roundTrip } from "./round-trip.js";
import { codecScene } from "./vq-scenes.js";

/** Shares in [0,1] over all drawn objects. An object is kept when shape, colour, texture and box (IoU >= 0.5) survive. */
export type VqQuality = {
  readonly objects: number;
  readonly kept: number;
  readonly shape: number;
  readonly colour: number;
  readonly texture: number;
};

type Found = { readonly shape: boolean; readonly colour: boolean; readonly texture: boolean };

function judge(scene: Scene, detections: readonly Detection[]): Found[] {
  return scene.objects.map((object) => {
    const match = detections.find((d) => iou(object.box, d.box) >= 0.5);
    return {
      shape: match?.shape === object.shape,
      colour: match?.colour === object.colour,
      texture: match?.texture === object.texture,
    };
  });
}

/** Sends `count` true pictures through encoder and decoder and judges what comes back. */
export async function vqQuality(
  config: VqConfig,
  params: Params,
  count: number,
  seed: number,
): Promise<VqQuality> {
  const random = randomFrom(`vq-quality/${seed}`);
  const scenes = Array.from({ length: count }, () => codecScene(random));
  const decoded = await roundTrip(config, params, scenes.map(renderScene));
  const found = scenes.flatMap((scene, index) => {
    const image = decoded[index];
    return image === undefined ? [] : judge(scene, detect(image));
  });
  const share = (test: (f: Found) => boolean): number =>
    found.filter(test).length / Math.max(found.length, 1);
  return {
    objects: found.length,
    kept: share((f) => f.shape && f.colour && f.texture),
    shape: share((f) => f.shape),
    colour: share((f) => f.colour),
    texture: share((f) => f.texture),
  };
}
