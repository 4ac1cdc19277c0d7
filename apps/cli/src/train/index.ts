// A run on this machine: its folder, its broker, its processes.
export { TrainError, type TrainErrorCode } from "./errors.js";
export { checkModel, lockRunFolder, type RunFolder } from "./run-folder.js";
export { type Entries, type TrainOptions, type TrainResult, train } from "./train.js";
