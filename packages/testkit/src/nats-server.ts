// A real nats-server for tests, whichever provider runs it. The interface; providers are in files of their own.

/** What runs the server: a child process, or a container of a local engine. */
export type NatsProvider = "process" | "container";

export type NatsServer = {
  /** `nats://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string;
  readonly port: number;
  /** Port of the monitoring pages, such as `/jsz` and `/varz`. */
  readonly monitorPort: number;
  readonly provider: NatsProvider;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Alive and silent, as under SIGSTOP. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it again on the same store and port, after `stop` or `kill`. Resolves when it is ready. */
  restart(): Promise<void>;
  /** What it has written so far, all starts together. */
  output(): Promise<string>;
  /** Ends it if need be and removes its store, unless the store was the caller's. */
  dispose(): Promise<void>;
};

export type StartNatsOptions = {
  /** The test run's choice unless told; see nats-choice.ts. */
  readonly provider?: NatsProvider;
  /** Folder of the store; a temporary one that `dispose` removes unless told. */
  readonly storeDir?: string;
  /** 0 (default) takes a free port. */
  readonly port?: number;
  /** Oldest acceptable version of a local program; 2.12.0 unless told. */
  readonly minimumVersion?: string;
};
