// YAML, environment and command line to one frozen, typed configuration. Reads no environment variable itself.

export { parseSizeBytes } from "./byte-size.js";
export { decodeRows } from "./decode-rows.js";
export { defaultSettings } from "./default-settings.js";
export { parseDurationMs } from "./duration.js";
export { ConfigError, type ConfigErrorCode } from "./errors.js";
export { type ConfigSources, compileRunConfig, loadRunConfig } from "./load-run-config.js";
export {
  compileSftConfig,
  isSceneRecipe,
  isSftOnPictures,
  type NamedText,
  type SftConfig,
} from "./load-sft-config.js";
export type { RunConfig } from "./run-config.js";
export type { Settings } from "./schema/settings.js";
