// Simulated compute for tests of the processes: the interfaces of the real policies over a table of four numbers, with latency and
// failures to order. No tensors, no model; everything else about the processes is real.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "@easel/protocol";
import {
  type Judge,
  type Judgement,
  measured,
  REWARD_NAMES,
  type RewardName,
  SHAPEWORLD_VERSIONS,
} from "@easel/rewards";
import { blankImage, encodePng } from "@easel/shapeworld";
import type { PolicyLearner, RolloutPolicy, TrainingRow, UpdateMetrics } from "@easel/training";
import {
  drawStyle,
  newTable,
  probabilities,
  type SimulatedTable,
  STYLE_LEVELS,
  tableBytes,
  tableFromBytes,
  uniformOf,
  updateTable,
} from "./simulated-table.js";

const WEIGHTS_FILE = "table.bin";
const STATE_FILE = "policy.json";

export type SimulatedCompute = {
  /** How long one call takes. */
  readonly latencyMs?: number;
  /** Called before each call of a policy; may throw, hang or end the process. */
  readonly before?: () => Promise<void>;
};

/** A learner whose table moves towards what was rewarded. */
export function simulatedPolicyLearner({ latencyMs = 0, before }: SimulatedCompute = {}): PolicyLearner {
  let table = newTable;
  return {
    update: async (rows, { learningRate }) => {
      await before?.();
      await pause(latencyMs);
      const metrics = describe(table, rows);
      const moves = rows.map((row) => ({ style: styleOf(row), advantage: row.advantage }));
      table = updateTable(table, moves, learningRate);
      return metrics;
    },
    exportWeights: async () => {
      const bytes = tableBytes(table);
      return { digest: sha256Hex(bytes), kind: "full", files: new Map([[WEIGHTS_FILE, bytes]]) };
    },
    saveState: async (folder) => {
      const text = JSON.stringify(table);
      await writeFile(join(folder, STATE_FILE), text);
      return { [STATE_FILE]: sha256Hex(text) };
    },
    loadState: async (folder) => {
      table = JSON.parse(await readFile(join(folder, STATE_FILE), "utf8")) as SimulatedTable;
    },
    warmUp: async () => {},
  };
}

/** A policy that paints a grey picture for each sample. */
export function simulatedRolloutPolicy({ latencyMs = 0, before }: SimulatedCompute = {}): RolloutPolicy {
  let table = newTable;
  const pictures = STYLE_LEVELS.map((level) => encodePng(blankImage(64, 64, [level, level, level])));
  return {
    fingerprint: "simulated",
    load: async ({ digest, files }) => {
      const bytes = files.get(WEIGHTS_FILE);
      if (bytes === undefined || sha256Hex(bytes) !== digest)
        throw new Error(`These are not the weights ${digest}.`);
      table = tableFromBytes(bytes);
    },
    warmUp: async () => {},
    generate: async (requests, _sampling, signal) => {
      await before?.();
      await pause(latencyMs, signal);
      return requests.map(({ seed, issue, sampleIndex }) => {
        const style = drawStyle(table, uniformOf(`${seed}/${issue}/${sampleIndex}`));
        const logProb = Math.log(probabilities(table)[style] ?? 1);
        return {
          promptIds: Int32Array.of(1, 2, 3),
          chainIds: Int32Array.of(10, 11),
          chainText: "a grey picture",
          forcedBoi: false,
          imageCodes: Int32Array.of(style, style),
          logProbs: Float32Array.of(0, 0, logProb, 0),
          png: pictures[style] ?? new Uint8Array(),
        };
      });
    },
  };
}

/** A judge that likes bright pictures. */
export function simulatedJudge({ latencyMs = 0, before }: SimulatedCompute = {}): Judge {
  return {
    name: "simulated",
    version: "simulated",
    rewards: REWARD_NAMES,
    versionOf: (reward: RewardName) => SHAPEWORLD_VERSIONS[reward],
    score: async ({ image }) => {
      await before?.();
      await pause(latencyMs);
      const value = 0.5 + (image.data[0] ?? 0) / 510;
      return Object.fromEntries(REWARD_NAMES.map((name) => [name, measured(value)])) as Judgement;
    },
  };
}

function describe(table: SimulatedTable, rows: readonly TrainingRow[]): UpdateMetrics {
  const p = probabilities(table);
  const entropy = -p.reduce((sum, share) => sum + share * Math.log(share), 0);
  const shifts = rows.map((row) =>
    Math.abs(Math.log(p[styleOf(row)] ?? 1) - (row.behaviourLogProbs[2] ?? 0)),
  );
  const mismatch = shifts.reduce((sum, shift) => sum + shift, 0) / Math.max(rows.length, 1);
  const zero = {
    loss: 0,
    kl: 0,
    textEntropy: 0,
    clippedLow: 0,
    clippedHigh: 0,
    textMismatch: 0,
    gradientNorm: 0,
  };
  return { ...zero, imageEntropy: entropy, imageMismatch: mismatch, tokens: rows.length * 4 };
}

function styleOf({ imageCodes }: TrainingRow): number {
  return imageCodes[0] ?? 0;
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
