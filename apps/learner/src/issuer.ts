// Issues groups: the record in the ledger first, then the task in the queue. One call at a time; a second asks the first to look again.
import { appendLedger, publishTask } from "@easel/bus";
import { type RolloutTask, subjects } from "@easel/protocol";
import { groupsToIssue, taskOf } from "./issuing.js";
import { type LearnerContext, passing, tell } from "./learner-context.js";
import { type PromptOrder, promptOrder } from "./prompt-order.js";

export class Issuer {
  readonly #context: LearnerContext;
  readonly #order: PromptOrder;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(context: LearnerContext) {
    this.#context = context;
    this.#order = promptOrder(context.prompts.length, context.settings.seed);
  }

  /** Issues as many groups as admission allows now. */
  async issueMore(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#work();
    await this.#running;
  }

  /** Issues nothing more; resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #work(): Promise<void> {
    const { settings, standing, book } = this.#context;
    // The caller must have noted this call as running before it can end.
    await Promise.resolve();
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        while (!this.#stopped && groupsToIssue(settings, standing.step, book.counters()) > 0)
          await this.#issueOne();
      }
    } finally {
      // In the same turn as the last look at `again`, so that no call falls between.
      this.#running = null;
    }
  }

  async #issueOne(): Promise<void> {
    const { bus, settings, standing, book, prompts, log } = this.#context;
    const issue = standing.nextIssue;
    const prompt = prompts[this.#order(issue)];
    if (prompt === undefined) throw new RangeError(`no prompt for issue ${issue}`);
    let task: RolloutTask = taskOf(settings, issue, prompt, standing.policy, bus.clock.wallMs());
    const appended = await appendLedger(bus, { kind: "issue", task });
    if (appended.outcome === "occupied") {
      if (appended.stored.kind !== "issue")
        throw new Error(`${subjects.ledgerIssue(settings.run, issue)} holds no issue`);
      // A predecessor recorded this number after this learner had read the ledger: the group is as good as ours.
      task = appended.stored.task;
      log.warn({ group: task.group }, "adopted a group that an older learner had issued");
    }
    standing.nextIssue = issue + 1;
    book.issue(task);
    await passing(this.#context, "issue-recorded", issue);
    await publishTask(bus, task);
    tell(this.#context, "hop", "group.issued", { group: task.group, issue, step: standing.step });
  }
}
