// Starts a nats-server with the chosen provider. Tests call this and no provider by name, so that the same cases run over both.
import { startNatsContainer } from "./container-nats.js";
import { chosenProvider } from "./nats-choice.js";
import type { NatsServer, StartNatsOptions } from "./nats-server.js";
import { startNatsProcess } from "./process-nats.js";

/**
 * Starts a server with JetStream and `sync_interval: always`; resolves when it is ready.
 * @throws TestkitError `EASEL_TESTKIT_NO_NATS_SERVER`, `EASEL_TESTKIT_NATS_CHOICE` or `EASEL_TESTKIT_START_FAILED`.
 */
export async function startNats(options: StartNatsOptions = {}): Promise<NatsServer> {
  const provider = options.provider ?? chosenProvider();
  return provider === "process" ? await startNatsProcess(options) : await startNatsContainer(options);
}
