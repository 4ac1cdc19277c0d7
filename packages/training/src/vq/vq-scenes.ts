// The pictures a codec is trained and measured on: placements of the world with colours and textures drawn evenly.
// Prompts name few textures; a codec that only saw their pictures would paint every texture as plain colour.
import {
  COLOURS,
  type Random,
  type RgbImage,
  renderScene,
  type Scene,
  sampleExample,
  TEXTURES,
} from "@easel/shapeworld";

function one<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)] as T;
}

/** A scene of the train split's placements with every colour and texture equally likely. */
export function codecScene(random: Random): Scene {
  const { truth } = sampleExample(random);
  const objects = truth.objects.map((object) => ({
    ...object,
    colour: one(random, COLOURS),
    texture: one(random, TEXTURES),
  }));
  return { ...truth, objects };
}

/** That many pictures of such scenes. */
export function codecPictures(random: Random, count: number): RgbImage[] {
  return Array.from({ length: count }, () => renderScene(codecScene(random)));
}
