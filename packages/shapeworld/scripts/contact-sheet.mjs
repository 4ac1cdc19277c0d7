// Draws docs/images/shapeworld.png: 24 prompts of the train part, one category a column, with picture and planned boxes.
// Run after a build: node packages/shapeworld/scripts/contact-sheet.mjs [seed]
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseChain, toPixels } from "@easel/chain";
import {
  blankImage,
  contactSheet,
  drawBoxes,
  encodePng,
  examplesOf,
  NO_NOISE,
  promptSet,
  randomFrom,
  renderScene,
  upscale,
} from "@easel/shapeworld";
import { breakLines, LETTER_WIDTH, LINE_HEIGHT, letterPixels } from "./small-font.mjs";

const FACTOR = 4;
const FRAME = 2;
const INK = [40, 40, 40];
const CAPTION_LINES = 4;

const seed = Number(process.argv[2] ?? 5);
const random = randomFrom(`contact sheet ${seed}`);
const tiles = [...examplesOf(promptSet("train", 24, seed), random, NO_NOISE)].map(drawTile);
const file = fileURLToPath(new URL("../../../docs/images/shapeworld.png", import.meta.url));
writeFileSync(file, encodePng(contactSheet(tiles, 6, 8)));

/** The enlarged picture with the boxes that its chain plans, and the prompt below. */
function drawTile({ prompt, scene, chain }) {
  const picture = upscale(renderScene(scene), FACTOR);
  const boxes = parseChain(chain).objects.flatMap(({ box }) =>
    box === null ? [] : [toPixels(box, picture)],
  );
  const whole = { x1: 0, y1: 0, x2: picture.width, y2: picture.height };
  const boxed = drawBoxes(drawBoxes(picture, boxes, { thickness: FRAME }), [whole], {
    colours: [[190, 190, 190]],
  });
  const tile = blankImage(picture.width, picture.height + 6 + CAPTION_LINES * LINE_HEIGHT);
  tile.data.set(boxed.data);
  for (const [index, line] of breakLines(prompt.text, Math.floor(tile.width / LETTER_WIDTH)).entries()) {
    const top = picture.height + 6 + index * LINE_HEIGHT;
    for (const [x, y] of letterPixels(line)) tile.data.set(INK, ((top + y) * tile.width + x) * 3);
  }
  return tile;
}
