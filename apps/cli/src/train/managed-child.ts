// One child process: its output goes to a file, its last words are kept, and only it is ever signalled.
import { type ChildProcess, spawn } from "node:child_process";

export type ManagedChildOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File descriptor that takes standard output and, unless kept, standard error. */
  readonly output: number;
  /** Keeps the end of standard error, for messages. */
  readonly keepErrors?: boolean;
};

export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

const KEPT_CHARACTERS = 4_000;

export class ManagedChild {
  readonly name: string;
  readonly exited: Promise<ChildExit>;
  readonly #child: ChildProcess;
  #running = true;
  #errors = "";

  constructor({ name, command, args, env, output, keepErrors = false }: ManagedChildOptions) {
    this.name = name;
    this.#child = spawn(command, [...args], {
      env: { ...env },
      // An open standard input says that this process lives; children of ours end in good order when it closes.
      stdio: ["pipe", output, keepErrors ? "pipe" : output],
      // A group of its own: Ctrl-C reaches the supervisor alone, which stops the children in their order.
      detached: true,
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString("utf8")).slice(-KEPT_CHARACTERS);
    });
    this.exited = new Promise((resolve) => {
      const finish = (exit: ChildExit): void => {
        this.#running = false;
        resolve(exit);
      };
      this.#child.once("exit", (code, signal) => finish({ code, signal }));
      this.#child.once("error", (error) => {
        this.#errors += error.message;
        finish({ code: null, signal: null });
      });
    });
  }

  get running(): boolean {
    return this.#running;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** The end of what it wrote to standard error. */
  get errors(): string {
    return this.#errors.trim();
  }

  /** SIGTERM, and SIGKILL when that does not end it in time. */
  async stop(graceMs: number): Promise<ChildExit> {
    if (!this.#running) return await this.exited;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }
}
