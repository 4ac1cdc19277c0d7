// The newest weights of a run: which version, from which base, in which blobs. The bytes are elsewhere.
import { z } from "zod";
import { type Digest, digestSchema } from "./digest.js";
import { nameSchema } from "./names.js";
import type { PolicyVersion } from "./policy-version.js";
import { countSchema, positiveCountSchema } from "./scalars.js";

export type BlobRef = { readonly name: string; readonly digest: Digest; readonly sizeBytes: number };

export type WeightsManifest = PolicyVersion & {
  readonly run: string;
  /** Digest of the weights that a LoRA or delta is applied to; null for full weights. */
  readonly base: Digest | null;
  readonly kind: "full" | "lora" | "delta";
  readonly blobs: readonly BlobRef[];
};

export const weightsManifestSchema: z.ZodType<WeightsManifest> = z
  .strictObject({
    run: nameSchema,
    epoch: countSchema,
    step: countSchema,
    digest: digestSchema,
    base: digestSchema.nullable(),
    kind: z.enum(["full", "lora", "delta"]),
    blobs: z
      .array(
        z.strictObject({ name: z.string().min(1), digest: digestSchema, sizeBytes: positiveCountSchema }),
      )
      .min(1),
  })
  .refine((manifest) => manifest.kind === "full" || manifest.base !== null, {
    path: ["base"],
    message: "must name the base of a LoRA or delta",
  });
