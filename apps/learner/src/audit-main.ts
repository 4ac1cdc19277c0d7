// The program of `easel audit`.
import { auditProcess } from "./audit-process.js";

process.exit(
  await auditProcess({
    argv: process.argv.slice(2),
    env: process.env,
    write: (line) => void process.stdout.write(`${line}\n`),
  }),
);
