// Captions of two things with chains that place them: what picture decoding starts from. Plain text; no tokenizer here.

const colours = ["red", "blue", "green", "yellow"];
const shapes = ["circle", "square", "triangle"];

/** Every two different things, side by side. */
export function plannedScenes() {
  const things = colours.flatMap((colour) => shapes.map((shape) => `${colour} ${shape}`));
  return things.flatMap((left) =>
    things
      .filter((right) => right !== left)
      .map((right) => ({
        caption: `a ${left} left of a ${right}`,
        chain: `${placed(left, "(120,340),(440,660)")} ${placed(right, "(560,340),(880,660)")}`,
      })),
  );
}

function placed(thing, corners) {
  return `<|obj_start|>${thing}<|obj_end|> <|box_start|>${corners}<|box_end|>`;
}
