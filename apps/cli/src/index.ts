// easel: local runs and operations.
export { trainCommand } from "./commands/train.js";
export { TrainError, type TrainErrorCode } from "./train/index.js";
