// easel: local runs and operations.
export { TrainError, type TrainErrorCode } from "./train/index.js";
export { type TrainFlags, type TrainPrograms, trainCommand } from "./train/train-command.js";
