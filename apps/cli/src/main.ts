#!/usr/bin/env node
// `easel`: runs a command and shows its error. The commands are in program.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { presentError } from "./present-error.js";
import { createProgram, withoutTrace } from "./program.js";
import { easelFolder } from "./shipped-path.js";

const { version } = JSON.parse(readFileSync(join(easelFolder, "package.json"), "utf8")) as {
  version: string;
};
const { args, trace } = withoutTrace(process.argv.slice(2));

// A reader that has seen enough, such as head, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await createProgram(version, trace).parseAsync(args, { from: "user" });
} catch (error) {
  process.stderr.write(presentError(error, trace));
  process.exitCode = 1;
}
