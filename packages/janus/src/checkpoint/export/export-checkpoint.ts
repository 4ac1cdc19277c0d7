// Exports a checkpoint in either layout, with what training made of it merged in or beside it. Streams from file to file.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { JanusError } from "../../errors.js";
import { loadTokenizer } from "../../tokenizer/janus-tokenizer.js";
import { codebookName } from "../../vq/quantise.js";
import { writeJanusAdapter } from "../adapter/adapter-folder.js";
import { checkShapes } from "../check-shapes.js";
import { janusLayout, modelParts } from "../layout.js";
import { openWeights } from "../source/open-weights.js";
import type { WeightSource } from "../source/stored-weight.js";
import { type CheckpointLayout, readStoredConfig, type StoredConfig, unreadable } from "../stored-config.js";
import { originalPart } from "../transformers-names.js";
import { type TowerSizes, towerSizes, unusedNames } from "../understanding-tower.js";
import { carryFiles } from "./carry-files.js";
import { hasUnitRows } from "./codebook-norms.js";
import { planWeights, type WeightPlan } from "./plan-weights.js";
import { checkChanges, type PolicyChanges } from "./policy-changes.js";
import { weightChunks } from "./weight-chunks.js";
import { refuseOccupied, writeWholeFolder } from "./whole-folder.js";
import { writeWeights } from "./write-weights.js";

/** Options of {@link exportCheckpoint}. */
export type ExportOptions = {
  /** A checkpoint in either layout. */
  readonly source: string;
  readonly layout: CheckpointLayout;
  /** Made; must be absent or empty. */
  readonly out: string;
  /** What training changed, as `readPolicyChanges` reads it. Merging needs a started engine. */
  readonly changes?: PolicyChanges;
  /** Puts the changes into the weights; otherwise an adapter goes into the folder `adapter` of the export. */
  readonly merge?: boolean;
  /** Pixels per side, where the source's config leaves it out and it is not 384. */
  readonly imageSize?: number;
  /** Largest weight file, in bytes; 4 GB by default. */
  readonly shardSizeBytes?: number;
};

/** What an export did. */
export type ExportReport = {
  readonly from: CheckpointLayout;
  readonly files: readonly string[];
  readonly weights: number;
  readonly sizeBytes: number;
  /** Names that a full checkpoint of the target layout has and the export has not. */
  readonly missing: readonly string[];
  /** Stored names that the target layout has no place for. */
  readonly dropped: readonly string[];
  /** Whether the four layout tokens had to be added to the tokenizer. */
  readonly tokensAdded: boolean;
  /** Things to know about the result. */
  readonly notes: readonly string[];
};

const dtypeNames: Readonly<Record<string, string>> = { BF16: "bfloat16", F16: "float16", F64: "float64" };

function statedTower({ layout, json }: StoredConfig): {
  readonly modelName?: string;
  readonly heads?: number;
} {
  const tower = Object(json.vision_config) as { params?: unknown; num_attention_heads?: unknown };
  if (layout === "transformers") {
    const heads = tower.num_attention_heads;
    return typeof heads === "number" ? { heads } : {};
  }
  const { model_name: modelName, heads } = Object(tower.params) as { model_name?: unknown; heads?: unknown };
  return {
    ...(typeof modelName === "string" ? { modelName } : {}),
    ...(typeof heads === "number" ? { heads } : {}),
  };
}

/** Names of all layouts lead to the original ones, by which everything is compared. */
function originalShapes(source: WeightSource, from: CheckpointLayout): Map<string, readonly number[]> {
  const { weights } = planWeights(source.weights.values(), from, "original");
  return new Map([...weights].map(([name, { shape }]) => [name, shape]));
}

function checkSource(source: WeightSource, stored: StoredConfig, folder: string): void {
  const rename = (name: string): string =>
    stored.layout === "transformers" ? originalPart(name).name : name;
  const entries = [...source.weights].map(([name, weight]) => [rename(name), weight] as const);
  checkShapes(new Map(entries), stored.config, modelParts, folder);
}

function missingFrom(plan: WeightPlan, layout: CheckpointLayout, tower: TowerSizes): readonly string[] {
  return unusedNames(layout, tower).filter((name) => !plan.weights.has(name));
}

function refuseApart(changes: PolicyChanges | undefined, merge: boolean): void {
  if (changes === undefined || merge || changes.weights.size === 0) return;
  throw new JanusError(
    "EASEL_JANUS_EXPORT_IMPOSSIBLE",
    `The policy holds ${changes.weights.size} whole weights, which cannot stand beside a checkpoint as an adapter. ` +
      "Merge them (--merge).",
  );
}

/**
 * Exports a checkpoint. Weights that do not change are copied byte for byte; between layouts they are renamed, split and
 * dropped as the library's own converter does. The folder appears whole or not at all. Host memory stays at a few
 * pieces of 16 MB.
 *
 * @throws JanusError `EASEL_JANUS_EXPORT_TARGET`, `EASEL_JANUS_EXPORT_IMPOSSIBLE`, `EASEL_JANUS_ADAPTER_MISMATCH`, and
 *   what loading the source throws
 */
export async function exportCheckpoint(options: ExportOptions): Promise<ExportReport> {
  const { source: folder, layout, out, changes, merge = false, shardSizeBytes = 4e9 } = options;
  await refuseOccupied(out);
  refuseApart(changes, merge);
  const stored = await readStoredConfig(folder, options.imageSize);
  const tokenizer = await loadTokenizer(folder, { addLayoutTokens: true });
  const { vocabulary } = stored.config.language;
  if (tokenizer.idLimit > vocabulary) {
    throw unreadable(
      folder,
      `with the four layout tokens tokenizer.json has ids up to ${tokenizer.idLimit - 1}, and the embedding ${vocabulary} rows`,
    );
  }
  const plain = await loadTokenizer(folder).catch(() => null);
  const source = await openWeights(folder);
  try {
    checkSource(source, stored, folder);
    if (changes !== undefined) checkChanges(changes, janusLayout(stored.config), "The policy");
    const plan = planWeights(source.weights.values(), stored.layout, layout);
    const tower = towerSizes(stored.config, originalShapes(source, stored.layout), statedTower(stored));
    const embedding = [...plan.weights.values()].find(({ original }) =>
      original.endsWith("embed_tokens.weight"),
    );
    const dtype = dtypeNames[embedding?.dtype ?? ""] ?? "float32";
    const written = await writeWholeFolder(out, async (partial) => {
      const chunks = merge ? (changes ?? null) : null;
      const files = await writeWeights(
        partial,
        plan.weights,
        (planned) => weightChunks(planned, chunks),
        shardSizeBytes,
      );
      const adapter = changes?.adapter ?? null;
      if (adapter !== null && !merge) {
        await mkdir(join(partial, "adapter"));
        await writeJanusAdapter(join(partial, "adapter"), adapter, layout);
      }
      const isTokenizerAsStored = plain !== null;
      await carryFiles(partial, {
        source: folder,
        stored,
        tokenizer,
        isTokenizerAsStored,
        tower,
        to: layout,
        dtype,
      });
      return files;
    });
    const notes: string[] = [];
    const codebook = [...plan.weights.values()].find(({ original }) => original === codebookName);
    if (layout === "transformers" && codebook !== undefined && !(await hasUnitRows(codebook))) {
      notes.push(
        "the codebook's rows are not of unit length: transformers encodes pictures with them as they are, and finds other codes",
      );
    }
    return {
      from: stored.layout,
      ...written,
      weights: plan.weights.size,
      missing: missingFrom(plan, layout, tower),
      dropped: plan.dropped,
      tokensAdded: plain === null,
      notes,
    };
  } finally {
    await source.close();
  }
}
