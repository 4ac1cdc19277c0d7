// The settings file of `easel sft` on real pictures to a frozen configuration: defaults, then file, then `--set`.
import { parseAssignment } from "./assignment.js";
import { parseSizeBytes } from "./byte-size.js";
import { checkedSettings } from "./checked-settings.js";
import { defaultSftSettings } from "./default-sft-settings.js";
import { ConfigError } from "./errors.js";
import { deepFreeze, isTree } from "./layers.js";
import { type SftSettings, sftNames, sftSchema } from "./schema/sft.js";
import { readYaml } from "./yaml-source.js";

/** The compiled configuration: sizes are numbers of bytes. */
export type SftConfig = Omit<SftSettings, "images"> & {
  readonly images: Omit<SftSettings["images"], "maxFileSize"> & { readonly maxBytes: number };
};

/** A text and its name for messages. */
export type NamedText = { readonly name: string; readonly text: string };

/** Whether a settings file is for real pictures: it has a section `data`. */
export function isSftOnPictures({ name, text }: NamedText): boolean {
  const { value } = readYaml(text, name);
  return isTree(value) && Object.hasOwn(value, "data");
}

/** Whether a settings file makes a model of the synthetic world: a new decoder with its stages, or a codec. */
export function isSceneRecipe({ name, text }: NamedText): boolean {
  const { value } = readYaml(text, name);
  return isTree(value) && (Object.hasOwn(value, "decoder") || Object.hasOwn(value, "codec"));
}

/**
 * Compiles the configuration. Pure.
 *
 * @param sets the values of `--set`, in order
 * @throws ConfigError `EASEL_CONFIG_SYNTAX` or `EASEL_CONFIG_INVALID`; the message lists every problem with its place.
 */
export function compileSftConfig(file: NamedText, sets: readonly string[] = []): SftConfig {
  const assignments = sets.map((text) => parseAssignment(text, `--set ${text}`));
  const settings = checkedSettings(sftSchema, sftNames, { defaults: defaultSftSettings, file, assignments });
  const { laterStages, parts } = settings.training;
  for (const [at, { steps, warmupSteps }] of [settings.training, ...laterStages].entries()) {
    if (warmupSteps <= steps) continue;
    const place = at === 0 ? "training" : `training.laterStages.${at - 1}`;
    throw new ConfigError(
      "EASEL_CONFIG_INVALID",
      `${file.name}: ${place}.warmupSteps is ${warmupSteps}, more than the ${steps} updates of ${place}.steps. Lower it.`,
    );
  }
  const { lora } = settings.model;
  if (lora !== null && lora.dropout > 0 && lora.targets.includes("lm_head")) {
    throw new ConfigError(
      "EASEL_CONFIG_INVALID",
      `${file.name}: model.lora.dropout does not go with an adapter over lm_head, whose logits are computed from its weights ` +
        "a few tokens at a time. Set it to 0, or take lm_head out of model.lora.targets.",
    );
  }
  const { chain, boi, image } = parts;
  if (chain + boi + image === 0) {
    throw new ConfigError(
      "EASEL_CONFIG_INVALID",
      `${file.name}: training.parts are all 0, so that nothing would be learned. Give at least one part a weight.`,
    );
  }
  const { maxFileSize, ...images } = settings.images;
  const maxBytes = parseSizeBytes(maxFileSize) ?? 0;
  return deepFreeze({ ...settings, images: { ...images, maxBytes } });
}
