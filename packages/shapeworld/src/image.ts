// A plain RGB picture in memory. Files are in png.ts.

/** Rows from the top, three bytes a pixel (R, G, B): `data.length === width * height * 3`. */
export type RgbImage = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** A picture filled with one colour, white by default. */
export function blankImage(
  width: number,
  height: number,
  colour: readonly [number, number, number] = [255, 255, 255],
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  const [red, green, blue] = colour;
  if (red === green && green === blue) data.fill(red);
  else for (let at = 0; at < data.length; at += 3) data.set(colour, at);
  return { width, height, data };
}
