// Ends set-up on Ctrl-C and its like with a word to the user. The modules that make things clean up on "exit".
import { constants } from "node:os";

/** Starts listening; returns the function that stops. */
export function endOnSignals() {
  const handlers = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => {
    const handler = () => {
      console.error(`\nset-up ended by ${signal}; nothing half-made is left, and the next run continues`);
      process.exit(128 + constants.signals[signal]);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const stop of handlers) stop();
  };
}
