// `easel eval import` on the command line: its own options reach it, also where `easel eval` has one of the same name.
import { Command } from "commander";
import { expect, it, vi } from "vitest";
import { addEvalCommand } from "./eval.js";

const runImport = vi.hoisted(() => vi.fn());
vi.mock("../evaluation/import/run-import.js", () => ({ runImport }));

it.each([
  ["color=a.json b", "--json numbers.json --per-prompt 4"],
  ["--json numbers.json --per-prompt 4", "color=a.json b"],
])("passes on %s %s", async (first, then) => {
  const program = new Command("easel").option("--trace");
  addEvalCommand(program);
  await program.parseAsync(["eval", "import", ...first.split(" "), ...then.split(" ")], { from: "user" });
  expect(runImport).toHaveBeenLastCalledWith(
    ["color=a.json", "b"],
    expect.objectContaining({ json: "numbers.json", perPrompt: 4 }),
  );
});
