// Which parts of a Janus model an adapter covers: layer paths in full, never bare names, and the rows of the four layout
// tokens. Makes no adapter.
import type { Params } from "@easel/engine";
import { JanusError } from "../../errors.js";
import type { JanusTokenizer } from "../../tokenizer/janus-tokenizer.js";
import { layoutRoles } from "../../tokenizer/special-tokens.js";

/** All linear layers of a decoder block. */
export const blockLayers = [
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
] as const;

/** What to cover. */
export type AdapterLayers = {
  /** Last parts of layer paths under `language_model`; {@link blockLayers} when left out. */
  readonly targets?: readonly string[];
  /** Also both layers of `gen_head`, which turns states into image codes. */
  readonly imageHead?: boolean;
  /** Also both layers of `gen_aligner`, which turns image codes into inputs. */
  readonly imageAligner?: boolean;
};

const embedding = "language_model.model.embed_tokens";
const head = "language_model.lm_head";
const imageHeadLayers = ["gen_head.output_mlp_projector", "gen_head.vision_head"];
const imageAlignerLayers = ["gen_aligner.layers.0", "gen_aligner.layers.2"];

/**
 * Paths of linear layers by what they are called at their end. They lie under `language_model`, however often the same
 * names occur in the understanding tower, and in the image parts that are asked for.
 *
 * @param params a loaded model's, under original-layout names
 * @returns full paths in name order
 * @throws JanusError `EASEL_JANUS_ADAPTER_TARGET` naming what no layer is called
 */
export function adapterLayerPaths(params: Params, layers: AdapterLayers = {}): readonly string[] {
  const { targets = blockLayers, imageHead = false, imageAligner = false } = layers;
  const linear = Object.entries(params.weights).flatMap(([name, { rank }]) =>
    rank === 2 && name.endsWith(".weight") ? [name.slice(0, -".weight".length)] : [],
  );
  // A table that is looked up: it has the shape of a linear layer and is none.
  const language = linear.filter((path) => path.startsWith("language_model.") && path !== embedding);
  const isCalled = (path: string, target: string): boolean => path.endsWith(`.${target}`);
  const covered = language.filter((path) => targets.some((target) => isCalled(path, target)));
  const unused = targets.filter((target) => !covered.some((path) => isCalled(path, target)));
  const image = [...(imageHead ? imageHeadLayers : []), ...(imageAligner ? imageAlignerLayers : [])];
  const absent = image.filter((path) => !linear.includes(path));
  const paths = [...covered, ...image].sort();
  if (unused.length > 0 || absent.length > 0 || paths.length === 0) {
    const names = [...unused, ...absent].map((name) => JSON.stringify(name)).join(", ");
    throw new JanusError(
      "EASEL_JANUS_ADAPTER_TARGET",
      `The model has no linear layer called ${names || "anything, since no target is named"}. Under language_model ` +
        `there are ${blockLayers.join(", ")} and lm_head; the image parts need to be loaded to be covered.`,
    );
  }
  return paths;
}

/**
 * The four layout tokens' ids for the embedding and for the untied head, as `createAdapter` takes them: both rows of a
 * token that Janus never saw are untrained.
 */
export function layoutTokenRows(
  tokenizer: Pick<JanusTokenizer, "ids">,
): Readonly<Record<string, readonly number[]>> {
  const ids = layoutRoles.map((role) => tokenizer.ids[role]).sort((a, b) => a - b);
  return { [embedding]: ids, [head]: ids };
}
