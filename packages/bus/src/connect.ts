// The connection of one process to the broker: settings that survive outages, and the refusal of servers that are too old.
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { setSha256Backend } from "@nats-io/obj";
import { connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import { type Clock, systemClock } from "./clock.js";
import { BusError } from "./errors.js";
import type { Observe } from "./notice.js";
import { compareVersions, MINIMUM_SERVER_VERSION } from "./server-program.js";

/** JetStream API level of that server line. */
const MINIMUM_API_LEVEL = 2;

export type BusOptions = {
  /** One or more `nats://host:port`; several are tried in turn. */
  readonly servers: string | readonly string[];
  /** Shown by the server's connection list. */
  readonly name: string;
  /** JetStream domain, when the streams are behind a leaf node. */
  readonly domain?: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Seed of an nkey; never logged. */
  readonly nkeySeed?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** How long to wait for the first connection; 30 s unless told. */
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
  readonly observe?: Observe;
};

/** A live connection and what is built on it. Made by {@link connectBus}. */
export type Bus = {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly serverVersion: string;
  /** Subject prefix of the JetStream API, with the domain in it. */
  readonly apiPrefix: string;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Sends what is buffered and disconnects; afterwards nothing works. */
  close(): Promise<void>;
};

/**
 * Connects and checks the server.
 * @throws BusError `EASEL_BUS_CONNECT`, `EASEL_BUS_SERVER_TOO_OLD` or `EASEL_BUS_NO_JETSTREAM`.
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const clock = options.clock ?? systemClock;
  const observe = options.observe ?? (() => {});
  // The client's own SHA-256 in JavaScript is four times slower than Node's.
  setSha256Backend("native");
  const connection = await firstConnection(options, clock);
  try {
    checkServer(connection);
    const api = options.domain === undefined ? {} : { domain: options.domain };
    const jsm = await jetstreamManager(connection, { ...api, checkAPI: false });
    await checkJetStream(jsm);
    reportStatus(connection, observe);
    const serverVersion = connection.info?.version ?? "";
    observe({ name: "connected", level: "info", fields: { server: connection.getServer(), serverVersion } });
    return {
      connection,
      js: jetstream(connection, api),
      jsm,
      serverVersion,
      apiPrefix: options.domain === undefined ? "$JS.API" : `$JS.${options.domain}.API`,
      clock,
      observe,
      close: async () => {
        if (!connection.isClosed()) await connection.drain();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function firstConnection(options: BusOptions, clock: Clock): Promise<NatsConnection> {
  const deadline = clock.nowMs() + (options.connectTimeoutMs ?? 30_000);
  const settings = {
    servers: typeof options.servers === "string" ? [options.servers] : [...options.servers],
    name: options.name,
    // The defaults give up after 20 s and notice a dead link after minutes; a worker outlives both.
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
    timeout: 5_000,
    noAsyncTraces: true,
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.password === undefined ? {} : { pass: options.password }),
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.nkeySeed === undefined
      ? {}
      : { authenticator: nkeyAuthenticator(new TextEncoder().encode(options.nkeySeed)) }),
  };
  for (;;) {
    try {
      return await connect(settings);
    } catch (cause) {
      // A bounded retry of our own: the client's wait for a first connection has no deadline.
      if (clock.nowMs() + 500 >= deadline) {
        throw new BusError(
          "EASEL_BUS_CONNECT",
          `No NATS server answers at ${settings.servers.join(", ")} (${String((cause as Error).message)}). Start one, or correct the address or credentials.`,
          { cause },
        );
      }
      await clock.sleep(500);
    }
  }
}

function checkServer(connection: NatsConnection): void {
  const version = connection.info?.version ?? "0.0.0";
  if (compareVersions(version, MINIMUM_SERVER_VERSION) < 0) {
    throw new BusError(
      "EASEL_BUS_SERVER_TOO_OLD",
      `nats-server ${version} at ${connection.getServer()} is too old. Use ${MINIMUM_SERVER_VERSION} or later.`,
    );
  }
}

async function checkJetStream(jsm: JetStreamManager): Promise<void> {
  try {
    const account = await jsm.getAccountInfo();
    const level = (account.api as { readonly level?: number }).level ?? 0;
    if (level >= MINIMUM_API_LEVEL) return;
    throw new BusError(
      "EASEL_BUS_SERVER_TOO_OLD",
      `The server's JetStream API level is ${level}, ${MINIMUM_API_LEVEL} is needed. Use nats-server ${MINIMUM_SERVER_VERSION} or later in the whole cluster.`,
    );
  } catch (cause) {
    if (cause instanceof BusError) throw cause;
    throw new BusError(
      "EASEL_BUS_NO_JETSTREAM",
      "JetStream is not enabled for this account. Start nats-server with a jetstream block, with sync_interval: always.",
      { cause },
    );
  }
}

function reportStatus(connection: NatsConnection, observe: Observe): void {
  const follow = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") {
        observe({ name: "disconnected", level: "alarm", fields: { server: status.server } });
      } else if (status.type === "reconnect") {
        observe({ name: "reconnected", level: "info", fields: { server: status.server } });
      }
    }
    observe({ name: "connection_closed", level: "info", fields: {} });
  };
  void follow();
}
