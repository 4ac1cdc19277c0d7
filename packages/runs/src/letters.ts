// Capital letters, digits and a few signs as patterns of 5 by 7 dots, for names in pictures. No typography: what has no pattern
// is a frame.

const rows = 7;
const columns = 5;

/** Row by row, a dot where there is an `x`. */
const patterns: Readonly<Record<string, string>> = {
  A: ".xxx. x...x x...x xxxxx x...x x...x x...x",
  B: "xxxx. x...x x...x xxxx. x...x x...x xxxx.",
  C: ".xxx. x...x x.... x.... x.... x...x .xxx.",
  D: "xxxx. x...x x...x x...x x...x x...x xxxx.",
  E: "xxxxx x.... x.... xxxx. x.... x.... xxxxx",
  F: "xxxxx x.... x.... xxxx. x.... x.... x....",
  G: ".xxx. x...x x.... x.xxx x...x x...x .xxx.",
  H: "x...x x...x x...x xxxxx x...x x...x x...x",
  I: ".xxx. ..x.. ..x.. ..x.. ..x.. ..x.. .xxx.",
  J: "..xxx ...x. ...x. ...x. ...x. x..x. .xx..",
  K: "x...x x..x. x.x.. xx... x.x.. x..x. x...x",
  L: "x.... x.... x.... x.... x.... x.... xxxxx",
  M: "x...x xx.xx x.x.x x.x.x x...x x...x x...x",
  N: "x...x xx..x xx..x x.x.x x..xx x..xx x...x",
  O: ".xxx. x...x x...x x...x x...x x...x .xxx.",
  P: "xxxx. x...x x...x xxxx. x.... x.... x....",
  Q: ".xxx. x...x x...x x...x x.x.x x..x. .xx.x",
  R: "xxxx. x...x x...x xxxx. x.x.. x..x. x...x",
  S: ".xxxx x.... x.... .xxx. ....x ....x xxxx.",
  T: "xxxxx ..x.. ..x.. ..x.. ..x.. ..x.. ..x..",
  U: "x...x x...x x...x x...x x...x x...x .xxx.",
  V: "x...x x...x x...x x...x .x.x. .x.x. ..x..",
  W: "x...x x...x x...x x.x.x x.x.x xx.xx x...x",
  X: "x...x x...x .x.x. ..x.. .x.x. x...x x...x",
  Y: "x...x x...x .x.x. ..x.. ..x.. ..x.. ..x..",
  Z: "xxxxx ....x ...x. ..x.. .x... x.... xxxxx",
  "0": ".xxx. x...x x..xx x.x.x xx..x x...x .xxx.",
  "1": "..x.. .xx.. ..x.. ..x.. ..x.. ..x.. .xxx.",
  "2": ".xxx. x...x ....x ..xx. .x... x.... xxxxx",
  "3": ".xxx. x...x ....x ..xx. ....x x...x .xxx.",
  "4": "...x. ..xx. .x.x. x..x. xxxxx ...x. ...x.",
  "5": "xxxxx x.... xxxx. ....x ....x x...x .xxx.",
  "6": ".xxx. x.... x.... xxxx. x...x x...x .xxx.",
  "7": "xxxxx ....x ...x. ..x.. ..x.. .x... .x...",
  "8": ".xxx. x...x x...x .xxx. x...x x...x .xxx.",
  "9": ".xxx. x...x x...x .xxxx ....x ....x .xxx.",
  " ": "..... ..... ..... ..... ..... ..... .....",
  "-": "..... ..... ..... .xxx. ..... ..... .....",
  "'": "..x.. ..x.. ..... ..... ..... ..... .....",
  '"': ".x.x. .x.x. ..... ..... ..... ..... .....",
  ".": "..... ..... ..... ..... ..... .xx.. .xx..",
  ",": "..... ..... ..... ..... .xx.. ..x.. .x...",
  "/": "....x ....x ...x. ..x.. .x... x.... x....",
  "&": ".xx.. x..x. x.x.. .x... x.x.x x..x. .xx.x",
  "#": ".x.x. .x.x. xxxxx .x.x. xxxxx .x.x. .x.x.",
  "?": ".xxx. x...x ....x ..xx. ..x.. ..... ..x..",
};

const unknown = "xxxxx x...x x...x x...x x...x x...x xxxxx";

/** Dots of a text, each with column and row; letters are six columns apart and seven rows high. */
export type TextDots = {
  readonly dots: readonly { readonly x: number; readonly y: number }[];
  readonly width: number;
  readonly height: number;
};

/** A text in capitals without accents, as dots. */
export function textDots(text: string): TextDots {
  const letters = [...text.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase()];
  const dots = letters.flatMap((letter, at) =>
    (patterns[letter] ?? unknown)
      .split(" ")
      .flatMap((row, y) =>
        [...row].flatMap((dot, x) => (dot === "x" ? [{ x: at * (columns + 1) + x, y }] : [])),
      ),
  );
  return { dots, width: Math.max(0, letters.length * (columns + 1) - 1), height: rows };
}
