// Pictures as bytes to the tensors the codec reads, and back.
import { tf } from "@easel/engine";
import type { RgbImage } from "@easel/shapeworld";

/** Pictures of one size as `[batch, height, width, 3]` float32 in [-1,1]. */
export function imagesToTensor(images: readonly RgbImage[]): tf.Tensor4D {
  const { width, height } = images[0] ?? { width: 0, height: 0 };
  const values = new Float32Array(images.length * width * height * 3);
  images.forEach((image, index) => {
    const start = index * width * height * 3;
    for (let i = 0; i < image.data.length; i++) values[start + i] = ((image.data[i] ?? 0) / 255) * 2 - 1;
  });
  return tf.tensor4d(values, [images.length, height, width, 3]);
}

/** Levels 0..255 `[batch, height, width, 3]`, as read back, to pictures. */
export function levelsToImages(levels: ArrayLike<number>, shape: readonly number[]): RgbImage[] {
  const [batch = 0, height = 0, width = 0] = shape;
  const size = height * width * 3;
  return Array.from({ length: batch }, (_, index) => ({
    width,
    height,
    data: Uint8Array.from({ length: size }, (_unused, i) => levels[index * size + i] ?? 0),
  }));
}
