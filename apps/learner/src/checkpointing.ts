// Takes a checkpoint: archive, files, pointer, and then the trimming that the older checkpoints allow.
import { join } from "node:path";
import { streamNames, trimSettled } from "@easel/bus";
import { type CheckpointPointer, parseResultSubject, subjects } from "@easel/protocol";
import { archiveGroups, readArchiveIndex } from "./archive.js";
import { brokersAuthority } from "./authority.js";
import { checkpointName, removeOldCheckpoints, writeCheckpoint } from "./checkpoint.js";
import { elapsedMs, type LearnerContext, passing } from "./learner-context.js";
import { type LearnerState, recentVersions, STATE_FORMAT } from "./learner-state.js";

export class Checkpointing {
  readonly #context: LearnerContext;
  #pointer: CheckpointPointer | null;
  /** Archived groups that are still in the streams, with the step of the checkpoint that settled them. */
  readonly #untrimmed: { readonly step: number; readonly groups: readonly string[] }[] = [];

  /** @param pointer what the pointer was when this learner took over. */
  constructor(context: LearnerContext, pointer: CheckpointPointer | null) {
    this.#context = context;
    this.#pointer = pointer;
  }

  /** True when the standing has a checkpoint that the pointer names. */
  get isCurrent(): boolean {
    const { epoch, step } = this.#context.standing;
    return this.#pointer?.epoch === epoch && this.#pointer.step === step;
  }

  /**
   * Notes what earlier starts archived and did not live to trim. A group may have been archived for a step that was then abandoned: what
   * counts is the last time, and one that is under way again, or was just trained again, is archived and trimmed by this start.
   */
  async adoptArchive(): Promise<void> {
    const { bus, folder, settings, standing } = this.#context;
    const filter = subjects.trajectories(settings.run);
    const { state } = await bus.jsm.streams.info(streamNames.results, { subjects_filter: filter });
    const inStream = new Set(
      Object.keys(state.subjects ?? {}).map((subject) => parseResultSubject(subject)?.group),
    );
    const again = new Set(standing.toArchive.map(({ task }) => task.group));
    const lastSteps = new Map<string, number>();
    for (const { step, groups } of await readArchiveIndex(join(folder, "archive"))) {
      for (const group of groups) {
        if (inStream.has(group) && !again.has(group) && this.#isSettled(group)) lastSteps.set(group, step);
      }
    }
    for (const step of [...new Set(lastSteps.values())].sort((a, b) => a - b)) {
      const groups = [...lastSteps].flatMap(([group, last]) => (last === step ? [group] : []));
      this.#untrimmed.push({ step, groups });
    }
  }

  #isSettled(group: string): boolean {
    return ["trained", "dropped", "dead"].includes(this.#context.book.stateOf(group));
  }

  async take(): Promise<void> {
    const { bus, folder, policy, settings, standing, log } = this.#context;
    const { movePointer } = this.#context.authority ?? brokersAuthority;
    const startedMs = bus.clock.nowMs();
    const { epoch, step } = standing;
    await this.#archive(checkpointName(epoch, step), step);
    const checkpoints = join(folder, "checkpoints");
    const pointer = await writeCheckpoint(
      checkpoints,
      this.#state(),
      (partial) => policy.saveState(partial),
      () => passing(this.#context, "checkpoint-written", step),
    );
    await passing(this.#context, "checkpoint-in-place", step);
    await movePointer(bus, pointer, this.#pointer);
    this.#pointer = pointer;
    await passing(this.#context, "pointer-moved", step);
    const kept = await removeOldCheckpoints(checkpoints, settings.keepCheckpoints);
    await this.#trim(Math.min(...kept.map((checkpoint) => checkpoint.step)));
    log.info({ checkpoint: pointer.name, ms: Math.round(bus.clock.nowMs() - startedMs) }, "checkpoint");
  }

  async #archive(name: string, step: number): Promise<void> {
    const { bus, folder, standing } = this.#context;
    const groups = standing.toArchive.splice(0);
    if (groups.length === 0) return;
    const entry = await archiveGroups(bus, join(folder, "archive"), name, step, groups);
    this.#untrimmed.push({ step, groups: entry.groups });
  }

  /** Groups settled in the oldest checkpoint that is kept need no replay any more. */
  async #trim(oldestStep: number): Promise<void> {
    const { bus, settings } = this.#context;
    while ((this.#untrimmed[0]?.step ?? Number.POSITIVE_INFINITY) <= oldestStep) {
      const settled = this.#untrimmed[0]?.groups ?? [];
      await trimSettled(bus, { run: settings.run, settled, isArchived: (group) => settled.includes(group) });
      this.#untrimmed.shift();
    }
  }

  #state(): LearnerState {
    const { book, settings, standing } = this.#context;
    const { results, scores } = standing.cursors;
    const marks = book.watermarks({ results: results.sequence, scores: scores.sequence });
    return {
      format: STATE_FORMAT,
      run: settings.run,
      epoch: standing.epoch,
      step: standing.step,
      policyDigest: standing.policy.digest,
      elapsedMs: elapsedMs(this.#context),
      versions: recentVersions(standing.versions),
      nextIssue: standing.nextIssue,
      outstanding: book.open(),
      cursors: {
        results: { ...results, sequence: marks.results },
        scores: { ...scores, sequence: marks.scores },
      },
      promptFileDigest: this.#context.promptFileDigest ?? null,
      streams: standing.streams,
      settledAbove: marks.settledAbove,
    };
  }
}
