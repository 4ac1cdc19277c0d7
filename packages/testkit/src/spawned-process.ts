// A child process under test: its output is kept, and it can be killed, paused and resumed. Only what was started here is ever
// signalled, and only through its own handle.
import { type ChildProcess, spawn } from "node:child_process";
import { TestkitError } from "./errors.js";

export type SpawnOptions = {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to a minimal environment (PATH, HOME); secrets of the parent are not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

const KEPT_CHARACTERS = 1_000_000;

export class SpawnedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = "";
  #running = true;
  readonly #onOutput = new Set<() => void>();

  constructor(options: SpawnOptions) {
    const { PATH = "", HOME = "" } = process.env;
    this.#child = spawn(options.command, [...(options.args ?? [])], {
      env: { PATH, HOME, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString("utf8")).slice(-KEPT_CHARACTERS);
      for (const notify of this.#onOutput) notify();
    };
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
    this.exited = new Promise((resolve) => {
      const finish = (exit: Exit): void => {
        this.#running = false;
        for (const notify of this.#onOutput) notify();
        resolve(exit);
      };
      this.#child.once("exit", (code, signal) => finish({ code, signal }));
      this.#child.once("error", (error) => {
        this.#output += String(error);
        finish({ code: null, signal: null });
      });
    });
    this.pid = this.#child.pid ?? -1;
  }

  /** Standard output and error so far, in the order in which they came. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#running;
  }

  /**
   * Resolves with the first match in the output, present or to come.
   * @throws TestkitError `EASEL_TESTKIT_TIMEOUT`, or `EASEL_TESTKIT_START_FAILED` when the process ends before.
   */
  async waitForOutput(pattern: RegExp, timeoutMs = 40_000): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#onOutput.delete(look);
        settle();
      };
      const fail = (code: "EASEL_TESTKIT_TIMEOUT" | "EASEL_TESTKIT_START_FAILED", why: string): void => {
        const tail = this.#output.slice(-2_000);
        finish(() =>
          reject(
            new TestkitError(code, `${why} before ${String(pattern)} appeared. Its output ends:\n${tail}`),
          ),
        );
      };
      const look = (): void => {
        const match = pattern.exec(this.#output);
        if (match !== null) finish(() => resolve(match));
        else if (!this.#running) fail("EASEL_TESTKIT_START_FAILED", "The process ended");
      };
      const timer = setTimeout(() => fail("EASEL_TESTKIT_TIMEOUT", `${timeoutMs} ms passed`), timeoutMs);
      this.#onOutput.add(look);
      look();
    });
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<Exit> {
    if (this.#running) this.#child.kill("SIGKILL");
    return await this.exited;
  }

  /** SIGTERM, and SIGKILL when that does not end it in time. */
  async stop(graceMs = 5_000): Promise<Exit> {
    if (!this.#running) return await this.exited;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** SIGSTOP: alive and silent. A paused process still holds its sockets. */
  pause(): void {
    if (this.#running) this.#child.kill("SIGSTOP");
  }

  resume(): void {
    if (this.#running) this.#child.kill("SIGCONT");
  }
}

/** Starts a process whose output is kept. */
export function spawnProcess(options: SpawnOptions): SpawnedProcess {
  return new SpawnedProcess(options);
}
