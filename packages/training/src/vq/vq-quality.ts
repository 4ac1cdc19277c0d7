// How much of true pictures survives the codec, judged by the shapeworld detector. Reported, never trained on.
import { jit, type Params, tf } from "@easel/engine";
import { toLevels, type VqConfig, vqDecode, vqEncode } from "@easel/janus";
import { type Detection, detect, randomFrom, renderScene, type Scene } from "@easel/shapeworld";
import { imagesToTensor, levelsToImages } from "../images-to-tensor.js";
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

function overlap(a: Scene["objects"][number]["box"], b: Detection["box"]): number {
  const width = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const height = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const area = (box: { x1: number; y1: number; x2: number; y2: number }): number =>
    (box.x2 - box.x1) * (box.y2 - box.y1);
  return (width * height) / (area(a) + area(b) - width * height);
}

function judge(scene: Scene, detections: readonly Detection[]): Found[] {
  return scene.objects.map((object) => {
    const match = detections.find((d) => overlap(object.box, d.box) >= 0.5);
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
  const roundTrip = jit(
    (images: tf.Tensor) => toLevels(vqDecode(config, params, vqEncode(config, params, images))),
    { name: "vq-round-trip" },
  );
  const found: Found[] = [];
  for (let start = 0; start < scenes.length; start += 32) {
    const part = scenes.slice(start, start + 32);
    const images = imagesToTensor(part.map(renderScene));
    const levels = await roundTrip.async(images);
    const decoded = levelsToImages(await levels.data(), levels.shape);
    tf.dispose([images, levels]);
    part.forEach((scene, index) => {
      const image = decoded[index];
      if (image !== undefined) found.push(...judge(scene, detect(image)));
    });
  }
  roundTrip.dispose();
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
