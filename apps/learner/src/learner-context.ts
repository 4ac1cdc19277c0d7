// What the parts of the learner share: its collaborators, its settings, and the one mutable account of where it stands.
import type { BlobStore, Bus, CursorState, StreamIdentities } from "@easel/bus";
import { publishEvent } from "@easel/bus";
import type { EventKind, JsonValue, PolicyVersion } from "@easel/protocol";
import type { PromptSpec } from "@easel/shapeworld";
import type { Logger } from "@easel/telemetry";
import type { EvaluationSummary, PolicyLearner } from "@easel/training";
import type { Authority } from "./authority.js";
import type { GroupBook, ReadyGroup } from "./group-book.js";
import type { LearnerSettings } from "./settings.js";
import type { Wake } from "./wake.js";

/** Places at which a test may end the process; the order is that of a step. */
export type ProbePoint =
  | "issue-recorded"
  | "before-manifest"
  | "manifest-durable"
  | "updated"
  | "checkpoint-written"
  | "checkpoint-in-place"
  | "pointer-moved"
  | "announced";

/** An evaluation on the dev prompts. */
export type DevEvaluation = {
  /** Mean total reward, [0,1]. */
  readonly total: number;
  /** 1 unless told. */
  readonly temperature?: number;
  /** Every measure with its interval, and the skills. */
  readonly summary?: Pick<EvaluationSummary, "measures" | "skills">;
};

export type LearnerOptions = {
  readonly policy: PolicyLearner;
  readonly bus: Bus;
  readonly settings: LearnerSettings;
  /** The run's folder: checkpoints, archive, metrics and samples go below it. */
  readonly folder: string;
  readonly weights: BlobStore;
  readonly images: BlobStore;
  readonly prompts: readonly PromptSpec[];
  /** Digest of the file that they come from; null when they were drawn. */
  readonly promptFileDigest?: string | null;
  readonly log: Logger;
  /** Who leads, for people to read. */
  readonly holder: string;
  /** Aborted to stop in good order: a checkpoint is written and the run can be resumed. */
  readonly signal: AbortSignal;
  /** Digest of the weights that a LoRA is applied to; null trains every weight. */
  readonly baseDigest: string | null;
  /** Goes on from the checkpoint although the broker's store is not the one it knew; refused unless told. */
  readonly acceptLostBroker?: boolean;
  /** Says whether this learner still counts; the broker unless told. */
  readonly authority?: Authority;
  readonly evaluateDev?: (step: number) => Promise<DevEvaluation>;
  /** What computes, for status and the live line. */
  readonly engine?: string;
  /** For tests only. */
  readonly probe?: (point: ProbePoint, step: number) => Promise<void>;
};

/** Where the learner stands. Only the learner's own loop and its intake change it. */
export type Standing = {
  epoch: number;
  /** Updates done. */
  step: number;
  policy: PolicyVersion;
  nextIssue: number;
  /** Training time of earlier starts. */
  elapsedBeforeMs: number;
  /** When this start began to train: compiling and the evaluation before training come before it. */
  startedAtMs: number;
  /** Step of each known weights digest. */
  readonly versions: Map<string, number>;
  /** Digests that were announced in a lineage that is no more. */
  readonly abandoned: Set<string>;
  /** The broker's streams at the take-over. */
  readonly streams: StreamIdentities;
  readonly cursors: { results: CursorState; scores: CursorState };
  /** Groups of which a verdict or manifest is being written; nobody else may decide about them. */
  readonly closing: Set<string>;
  /** Settled since the last checkpoint, for the archive. */
  readonly toArchive: ReadyGroup[];
  readonly dropsByReason: Map<string, number>;
  /** What the learner does and waits for, for status. */
  state: string;
  wait: { readonly name: string; readonly sinceMs: number; readonly deadlineMs: number } | null;
};

export type LearnerContext = LearnerOptions & {
  readonly book: GroupBook;
  readonly standing: Standing;
  readonly wake: Wake;
};

/** Training time so far, over all starts of the run. */
export function elapsedMs({ bus, standing }: LearnerContext): number {
  return standing.elapsedBeforeMs + (bus.clock.nowMs() - standing.startedAtMs);
}

/** Publishes an event of the learner. Never throws: nothing depends on events. */
export function tell(
  context: Pick<LearnerContext, "bus" | "settings" | "log">,
  kind: EventKind,
  name: string,
  fields: { readonly [key: string]: unknown },
): void {
  const { bus, settings, log } = context;
  try {
    // Through JSON, which makes null of what is no number.
    const data = JSON.parse(JSON.stringify(fields)) as { readonly [key: string]: JsonValue };
    publishEvent(bus, { run: settings.run, kind, source: "learner", name, atMs: bus.clock.wallMs(), data });
  } catch (error) {
    log.warn({ err: error, event: name }, "an event could not be published");
  }
}

/** The test's probe, if there is one. */
export async function passing(
  context: Pick<LearnerContext, "probe">,
  point: ProbePoint,
  step: number,
): Promise<void> {
  await context.probe?.(point, step);
}
