// Adapters of a Janus model as folders of the PEFT library, with the layer names of either layout. In memory an adapter
// always has the original layout's names.
import { type Adapter, readPeftAdapter, type TrainableAdapter, writePeftAdapter } from "@easel/engine";
import type { CheckpointLayout } from "../stored-config.js";
import { originalName, transformersPath } from "../transformers-names.js";

/** A layer's path in the original layout, from that of either. */
export function originalPath(path: string): string {
  return originalName(`${path}.weight`).slice(0, -".weight".length);
}

function renamed<T extends Adapter>(adapter: T, rename: (path: string) => string): T {
  const under = <V>(values: Readonly<Record<string, V>>): Readonly<Record<string, V>> =>
    Object.fromEntries(Object.entries(values).map(([path, value]) => [rename(path), value] as const));
  const { pairs, tokenRows } = adapter;
  const rows = tokenRows === undefined ? {} : { tokenRows: under(tokenRows) };
  return { ...adapter, pairs: under(pairs), ...rows };
}

/**
 * Reads an adapter folder that was made on either layout.
 *
 * @returns variables under the original layout's names; the caller disposes them (`disposeAdapter`)
 * @throws EngineError `EASEL_ENGINE_ADAPTER_FILE` for what is not plain LoRA, or damaged
 */
export async function readJanusAdapter(folder: string): Promise<TrainableAdapter> {
  return renamed(await readPeftAdapter(folder), originalPath);
}

/**
 * Writes an adapter into an existing folder, for a base model in a layout: PEFT finds layers by their names there.
 *
 * @param adapter under the original layout's names
 */
export async function writeJanusAdapter(
  folder: string,
  adapter: Adapter,
  layout: CheckpointLayout,
  options: { readonly baseModel?: string } = {},
): Promise<void> {
  const named = layout === "transformers" ? renamed(adapter, transformersPath) : adapter;
  await writePeftAdapter(folder, named, options);
}
