// The command line: options reach the command that they stand behind, also where one above it has an option of the same name.
import { expect, it, vi } from "vitest";
import { createProgram, withoutTrace } from "./program.js";

const runImport = vi.hoisted(() => vi.fn());
vi.mock("./evaluation/import/run-import.js", () => ({ runImport }));
const trainCommand = vi.hoisted(() => vi.fn(async () => 0));
vi.mock("./train/train-command.js", () => ({ trainCommand, builtPrograms: {} }));

it.each([
  ["color=a.json b", "--json numbers.json --per-prompt 4"],
  ["--json numbers.json --per-prompt 4", "color=a.json b"],
])("passes on %s %s", async (first, then) => {
  const { args, trace } = withoutTrace([
    "eval",
    "import",
    ...first.split(" "),
    ...then.split(" "),
    "--trace",
  ]);
  expect(trace).toBe(true);
  await createProgram("1").parseAsync(args, { from: "user" });
  expect(runImport).toHaveBeenLastCalledWith(["color=a.json", "b"], { json: "numbers.json", perPrompt: 4 });
});

it("refuses an option of `easel eval` instead of passing over it", async () => {
  const program = createProgram("1");
  const failed = vi.fn(() => {
    throw new Error("ended");
  });
  const evaluation = program.commands.find((command) => command.name() === "eval")?.commands[0];
  const written: string[] = [];
  evaluation?.exitOverride(failed).configureOutput({ writeErr: (text) => void written.push(text) });
  const args = ["eval", "import", "b", "--split", "test"];
  await expect(program.parseAsync(args, { from: "user" })).rejects.toThrow("ended");
  expect(written.join("")).toContain("unknown option '--split'");
});

it.each([
  ["--trace", true],
  ["--port=1", false],
])(
  "with %s tells easel train, which shows its errors itself, whether to show where they happened",
  async (given, expected) => {
    const { args, trace } = withoutTrace(["train", given]);
    await createProgram("1", trace).parseAsync(args, { from: "user" });
    expect(trainCommand).toHaveBeenLastCalledWith(expect.objectContaining({ trace: expected }), {});
  },
);

it("leaves what stands behind -- alone", () => {
  expect(withoutTrace(["a", "--", "--trace"])).toEqual({ args: ["a", "--", "--trace"], trace: false });
});
