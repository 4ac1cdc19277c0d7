// What every process of a run does alike. No process's own work is here.
export { type ProcessArguments, readArguments } from "./arguments.js";
export { diskFull, isDiskFull } from "./disk-full.js";
export { ProcessError, type ProcessErrorCode } from "./errors.js";
export { describeError, exitCodeOf, exitCodes } from "./exit-code.js";
export { type ProcessFrame, type RunningProcess, runProcess } from "./run-process.js";
