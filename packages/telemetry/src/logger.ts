// One JSON line an event, into a file of the run's folder or to standard output. Written synchronously: the last lines
// before a crash are the ones that matter.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { destination, type Logger as PinoLogger, pino } from "pino";
import { redactFields, redactText } from "./redact.js";
import { endTornLine } from "./torn-line.js";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

/** What the programs use of a logger. Fields first, so that none is forgotten; the message is a plain sentence. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds fields to every line. */
  child(fields: LogFields): Logger;
}

export type LoggerOptions = {
  /** Name of the process, such as `learner` or `rollout-worker-1`. */
  readonly name: string;
  /** File to append to; its folder is made. Without it lines go to standard output, as containers want it. */
  readonly file?: string;
  readonly level?: LogLevel;
  /** Fields of every line, such as the run's name. */
  readonly fields?: LogFields;
};

/** What is kept in memory while a log cannot be written; beyond that lines are lost. */
const KEPT_BYTES = 1024 * 1024;

/**
 * A logger of JSON lines `{ level, time, name, pid, …fields, msg }`. Secrets are masked. A log that cannot be written, as on a full disk,
 * never ends the process: that is said once on standard error, and what is kept is written when there is room again.
 */
export function createLogger(o: LoggerOptions): Logger {
  if (o.file !== undefined) {
    mkdirSync(dirname(o.file), { recursive: true });
    endTornLine(o.file);
  }
  const sink = destination({
    ...(o.file === undefined ? { fd: 1 } : { dest: o.file }),
    append: true,
    sync: true,
    maxLength: KEPT_BYTES,
  });
  let told = false;
  sink.on("error", (error: Error) => {
    if (!told)
      process.stderr.write(`The log ${o.file ?? "on standard output"} cannot be written: ${error.message}\n`);
    told = true;
  });
  const logger = pino(
    {
      level: o.level ?? "info",
      base: { name: o.name, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      // pino would fold an error's causes into its message; redactFields has made plain fields of it already.
      serializers: { err: (fields: unknown) => fields },
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return wrap(logger).child(o.fields ?? {});
}

/** A logger that writes nothing, for tests and libraries without one. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function wrap(logger: PinoLogger): Logger {
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](redactFields(fields), redactText(message));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => wrap(logger.child(redactFields(fields) as Record<string, unknown>)),
  };
}
