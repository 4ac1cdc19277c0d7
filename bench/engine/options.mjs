// The command line of a benchmark beside PyTorch.
import { parseArgs } from "node:util";

/** @param name what follows `npm run bench --`. */
export const usageOf = (name) => `npm run bench -- ${name} [options]

  --with-pytorch     installs PyTorch into the per-user cache if it is not there (about 3 GB; pip's settings choose the index)
  --python FILE      an interpreter that has PyTorch, instead
  --without-pytorch  Easel's side alone
  --only TEXT        cases whose name holds TEXT; may be repeated
  --quick            three rounds of every case, and none of 100 M parameters
  --rounds N         7 when left out
  --threads N        of either side; 2 when left out
  --json FILE        runs/bench-${name}.json when left out
  --strict           exit status 1 when a goal is missed
  --list             names the cases`;

/** @throws Error for what cannot be understood. */
export function readOptions(name, args) {
  const { values } = parseArgs({
    args,
    options: {
      "with-pytorch": { type: "boolean", default: false },
      "without-pytorch": { type: "boolean", default: false },
      python: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      threads: { type: "string", default: "2" },
      json: { type: "string", default: `runs/bench-${name}.json` },
      strict: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const rounds = wholeNumber("--rounds", values.rounds ?? (values.quick ? "3" : "7"));
  return { ...values, rounds, threads: wholeNumber("--threads", values.threads) };
}

function wholeNumber(name, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} takes a whole number above 0, not ${text}`);
}

/** The cases that were asked for. */
export function chosenCases(cases, { only, quick }) {
  const wanted =
    only.length === 0 ? cases : cases.filter(({ name }) => only.some((text) => name.includes(text)));
  return quick && only.length === 0 ? wanted.filter(({ name }) => !name.includes("100m")) : wanted;
}
