// The task that a trajectory answers, from the ledger: the trajectory itself does not say what was asked for.
import { type Bus, streamNames } from "@easel/bus";
import { decodeMessage, issueOfGroup, type RolloutTask, subjects } from "@easel/protocol";

const KEPT = 1_024;

export class IssuedTasks {
  readonly #bus: Bus;
  readonly #run: string;
  readonly #known = new Map<string, RolloutTask>();

  constructor(bus: Bus, run: string) {
    this.#bus = bus;
    this.#run = run;
  }

  /** The task of a group; null when no such group was issued. */
  async of(group: string): Promise<RolloutTask | null> {
    const known = this.#known.get(group);
    if (known !== undefined) return known;
    const subject = subjects.ledgerIssue(this.#run, issueOfGroup(group));
    const stored = await this.#bus.jsm.streams.getMessage(streamNames.ledger, { last_by_subj: subject });
    if (stored === null) return null;
    const record = decodeMessage("ledgerRecord", Uint8Array.from(stored.data));
    if (record.kind !== "issue" || record.task.group !== group) return null;
    this.#known.set(group, record.task);
    const oldest = this.#known.keys().next();
    if (this.#known.size > KEPT && oldest.done !== true) this.#known.delete(oldest.value);
    return record.task;
  }
}
