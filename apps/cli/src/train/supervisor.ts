// Starts the processes of a run and keeps them alive: a worker or learner that dies is started again, a bounded number of times, with a
// note. An error that another start would not mend ends the run with that error's own message.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@easel/telemetry";
import { TrainError } from "./errors.js";
import { type ChildExit, ManagedChild } from "./managed-child.js";
import { exitKind, restartDelay } from "./restart-policy.js";

export type ProcessSpec = {
  readonly name: string;
  /** JavaScript file to run. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long it may take to stop in good order. */
  readonly graceMs: number;
};

export type SupervisorOptions = {
  readonly folder: string;
  readonly log: Logger;
  /** Says something to the user. */
  readonly note: (line: string) => void;
};

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #children = new Map<
    string,
    { readonly spec: ProcessSpec; child: ManagedChild; readonly kept: Promise<void> }
  >();
  readonly #failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => {});
  }

  /** Starts a process and keeps it; resolves when it has done its work. Rejects when any process is given up. */
  async run(spec: ProcessSpec): Promise<void> {
    const entry = { spec, child: this.#start(spec), kept: Promise.resolve() };
    const kept = this.#keep(entry);
    this.#children.set(spec.name, Object.assign(entry, { kept }));
    kept.catch((error: unknown) => this.#fail(error));
    await Promise.race([kept, this.#failed]);
  }

  /** Stops the named processes in good order, all at once. */
  async stop(names: readonly string[]): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      names.map(async (name) => {
        const entry = this.#children.get(name);
        await entry?.child.stop(entry.spec.graceMs);
      }),
    );
  }

  async #keep(entry: { readonly spec: ProcessSpec; child: ManagedChild }): Promise<void> {
    const { log, note } = this.#options;
    const exits: number[] = [];
    for (;;) {
      const exit = await entry.child.exited;
      const kind = exitKind(exit.code);
      log.info({ process: entry.spec.name, ...exit }, "process ended");
      if (this.#stopping || kind === "done") return;
      if (kind === "refused") throw gaveUp(entry.spec.name, entry.child.errors, exit);
      exits.push(performance.now());
      const delayMs = restartDelay(exits);
      if (delayMs === null) throw gaveUp(entry.spec.name, entry.child.errors, exit);
      const why = exit.signal ?? `code ${exit.code}`;
      log.warn(
        { process: entry.spec.name, ...exit, delayMs, errors: entry.child.errors },
        "process is started again",
      );
      note(
        `${entry.spec.name} ended (${why}${lastLine(entry.child.errors)}) and is started again; no sample is lost`,
      );
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (this.#stopping) return;
      entry.child = this.#start(entry.spec);
    }
  }

  #start({ name, entry, args, env }: ProcessSpec): ManagedChild {
    const output = openSync(join(this.#options.folder, "logs", `${name}.out`), "a");
    try {
      return new ManagedChild({
        name,
        command: process.execPath,
        args: [entry, ...args],
        env,
        output,
        keepErrors: true,
      });
    } finally {
      // The child has its own copy.
      closeSync(output);
    }
  }
}

function lastLine(errors: string): string {
  const last = lastWord(errors);
  return last === "" ? "" : `: ${last}`;
}

/** What a process ended with: the last line that carries a code, for others may come after it; without one the last line. */
function lastWord(errors: string): string {
  const lines = errors.split("\n");
  return lines.findLast((line) => /^EASEL_[A-Z_]+: /.test(line)) ?? lines.at(-1) ?? "";
}

function gaveUp(name: string, errors: string, { code, signal }: ChildExit): TrainError {
  const why =
    errors === "" ? `it ended with ${signal ?? `code ${code}`}; see logs/${name}.jsonl` : lastWord(errors);
  return new TrainError("EASEL_TRAIN_PROCESS_FAILED", `The process ${name} cannot go on: ${why}`);
}
