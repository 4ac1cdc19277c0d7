// The understanding tower (vision_model) and its aligner in both layouts: sizes and names. Easel never computes with
// them; they are described here so that checkpoints which have them, or lack them, can be exported.
import type { JanusConfig } from "../config.js";
import { transformersParts } from "./transformers-names.js";

/** Sizes of a tower with a two-layer aligner behind it. */
export type TowerSizes = {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly patch: number;
  /** Pixels per side. */
  readonly imageSize: number;
  readonly intermediate: number;
  /** Name of the tower in the original code, which knows sizes by it alone. */
  readonly modelName: string;
};

type Shapes = ReadonlyMap<string, readonly number[]>;

const tower = "vision_model.vision_tower";
const largeName = "siglip_large_patch16_384";

/** SigLIP-L/16 at 384 px, the tower of Janus and Janus-Pro. */
const large: TowerSizes = {
  hidden: 1024,
  layers: 24,
  heads: 16,
  patch: 16,
  imageSize: 384,
  intermediate: 4096,
  modelName: largeName,
};

/** A tower that costs next to nothing, for a model without one: the library always makes one. */
function smallest({ image }: JanusConfig): TowerSizes {
  return {
    hidden: 32,
    layers: 1,
    heads: 2,
    patch: image.imageSize / image.gridSide,
    imageSize: image.imageSize,
    intermediate: 64,
    modelName: `easel_patch${image.imageSize / image.gridSide}_${image.imageSize}`,
  };
}

/**
 * The tower of a checkpoint: as its weights say, or as its config names it, or the smallest one.
 *
 * @param shapes of all stored weights, by original-layout name
 * @param stated `modelName` and `heads` where the config has them
 */
export function towerSizes(
  config: JanusConfig,
  shapes: Shapes,
  stated: { readonly modelName?: string; readonly heads?: number },
): TowerSizes {
  const patches = shapes.get(`${tower}.patch_embed.proj.weight`);
  const positions = shapes.get(`${tower}.pos_embed`)?.at(-2);
  const intermediate = shapes.get(`${tower}.blocks.0.mlp.fc1.weight`)?.[0];
  const [hidden, , patch] = patches ?? [];
  if (hidden === undefined || patch === undefined || positions === undefined || intermediate === undefined) {
    const isLarge = stated.modelName === largeName && config.image.imageSize === large.imageSize;
    return isLarge ? large : smallest(config);
  }
  const blocks = new Set([...shapes.keys()].flatMap((name) => /\.blocks\.(\d+)\./.exec(name)?.[1] ?? []));
  const sizes = {
    hidden,
    // As many as there are, not the highest number: that is a claim, and every layer is listed by name.
    layers: Math.max(1, blocks.size),
    patch,
    imageSize: patch * Math.round(Math.sqrt(positions)),
    intermediate,
  };
  // The number of heads is in no shape: 16 in every SigLIP that the original code knows.
  const heads = stated.heads ?? (hidden % 16 === 0 && hidden >= 1024 ? 16 : 2);
  const isLarge = hidden === large.hidden && sizes.layers === large.layers && sizes.imageSize === 384;
  const modelName = isLarge ? largeName : `easel_patch${patch}_${sizes.imageSize}`;
  return { ...sizes, heads, modelName: stated.modelName ?? modelName };
}

/** Names of all weights of tower and aligner in the original layout, without the pooling that the library lacks. */
function originalNames({ layers }: TowerSizes): readonly string[] {
  const both = (path: string): readonly string[] => [`${path}.weight`, `${path}.bias`];
  const names = [`${tower}.pos_embed`, ...both(`${tower}.patch_embed.proj`), ...both(`${tower}.norm`)];
  for (let layer = 0; layer < layers; layer += 1) {
    for (const part of ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"]) {
      names.push(...both(`${tower}.blocks.${layer}.${part}`));
    }
  }
  return [...names, ...both("aligner.layers.0"), ...both("aligner.layers.2")];
}

const poolParts = ["q", "kv", "proj", "norm", "mlp.fc1", "mlp.fc2"];

/**
 * Everything a layout has beside what Easel computes with: names of tower, aligner and, in the original one, the tower's
 * pooling and a counter of the codec's training.
 */
export function unusedNames(layout: "original" | "transformers", sizes: TowerSizes): readonly string[] {
  const names = originalNames(sizes);
  if (layout === "transformers") return names.flatMap((name) => transformersParts(name));
  const pool = poolParts.flatMap((part) => [`attn_pool.${part}.weight`, `attn_pool.${part}.bias`]);
  return [
    ...names,
    ...["attn_pool.latent", ...pool].map((name) => `${tower}.${name}`),
    "gen_vision_model.quantize.codebook_used",
  ];
}
