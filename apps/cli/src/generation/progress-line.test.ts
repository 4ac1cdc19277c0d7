// The line that says how far it is: its words, one line on a terminal, and few lines elsewhere.
import { expect, it } from "vitest";
import { createProgressLine, progressText } from "./progress-line.js";

it("says what is done, at which pace, and how long it will take", () => {
  expect(progressText({ total: 40, kept: 0, drawn: 0 }, 0)).toBe("0 of 40 pictures");
  expect(progressText({ total: 40, kept: 8, drawn: 4 }, 8000)).toBe(
    "12 of 40 pictures (8 were there), 2.0 s each, 56 s left",
  );
  expect(progressText({ total: 40, kept: 8, drawn: 32 }, 8000)).toBe(
    "40 of 40 pictures (8 were there), 4.0 a second",
  );
});

function line(isTerminal: boolean) {
  const written: string[] = [];
  let ms = 0;
  const display = createProgressLine({
    write: (text) => void written.push(text),
    isTerminal,
    nowMs: () => ms,
  });
  const at = (next: number): void => {
    ms = next;
  };
  return { written, display, at };
}

it("redraws one line on a terminal", () => {
  const { written, display } = line(true);
  display.update({ total: 2, kept: 0, drawn: 0 });
  display.update({ total: 2, kept: 0, drawn: 2 });
  display.close();
  expect(written.join("").split("\n")).toHaveLength(2);
});

it("lets a lasting line stand above the one that is redrawn", () => {
  const { written, display } = line(true);
  display.note("engine: fast");
  display.update({ total: 2, kept: 1, drawn: 0 });
  display.note("stopping");
  display.close();
  const screen = written.join("").split("\n");
  expect(screen.map((text) => text.split("\u001b[2K").at(-1))).toEqual([
    "engine: fast",
    "stopping",
    "1 of 2 pictures (1 were there)",
    "",
  ]);
});

it("writes a line now and then elsewhere, and always the last", () => {
  const { written, display, at } = line(false);
  for (let drawn = 0; drawn <= 25; drawn += 1) {
    at(drawn * 1000);
    display.update({ total: 25, kept: 0, drawn });
  }
  display.close();
  expect(written.map((text) => text.split(",")[0]?.trim())).toEqual([
    "0 of 25 pictures",
    "10 of 25 pictures",
    "20 of 25 pictures",
    "25 of 25 pictures",
  ]);
});
