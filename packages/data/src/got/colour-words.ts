// Words for colours as they follow boxes in GoT-6B's chains, where its diffusion model needs the colour of a mask.

const BASES = [
  "amber aqua aquamarine azure beige black blue bronze brown burgundy charcoal chartreuse copper coral cream",
  "crimson cyan emerald fuchsia gold golden gray green grey indigo ivory khaki lavender lilac lime magenta maroon",
  "mauve mint mustard navy ochre olive orange orchid peach pink plum purple red rose ruby rust salmon sapphire",
  "scarlet sienna silver slate tan teal terracotta turquoise violet white yellow",
]
  .join(" ")
  .split(" ");

const SHADES =
  "light dark bright deep pale hot sky royal forest spring sea steel medium soft vivid dusty neon pastel off".split(
    " ",
  );

const shade = `(?:${SHADES.join("|")})`;
const base = `(?:${BASES.join("|")})`;
const COLOUR = new RegExp(`^(?:${shade}[ -]?)*${base}(?:[ -]?${base})?$`, "i");

/** Whether a text names a colour and nothing else, such as `red`, `light blue` or `lightblue`. */
export function isColour(text: string): boolean {
  return text.length <= 40 && COLOUR.test(text.trim());
}
