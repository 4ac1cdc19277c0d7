// Ctrl-C and the wish of the system that this process end. What is done about it is its listener's business.

/** Calls back at each SIGINT and SIGTERM, in the place of the sudden end that they mean otherwise; returns what stops that. */
export function onStopSignal(callback: () => void): () => void {
  process.on("SIGINT", callback);
  process.on("SIGTERM", callback);
  return () => {
    process.off("SIGINT", callback);
    process.off("SIGTERM", callback);
  };
}
