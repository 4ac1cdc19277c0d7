// One real server and connections to it for a test file; each test uses a run name of its own.
import {
  type Bus,
  type BusNotice,
  type BusOptions,
  connectBus,
  ensureTopology,
  type TopologyOptions,
} from "@easel/bus";
import { type NatsServer, startNats } from "@easel/testkit";

export type BusUnderTest = {
  readonly server: NatsServer;
  /** Another connection, as another process would have. */
  connect(options?: Partial<BusOptions>): Promise<Bus>;
  /** A run name that no test of this file used, with its topology made. */
  freshRun(bus: Bus, options?: Partial<TopologyOptions>): Promise<string>;
  readonly notices: BusNotice[];
  dispose(): Promise<void>;
};

export async function startBus(): Promise<BusUnderTest> {
  const server = await startNats();
  const notices: BusNotice[] = [];
  const open: Bus[] = [];
  let runs = 0;
  return {
    server,
    notices,
    connect: async (options = {}) => {
      const bus = await connectBus({
        servers: server.url,
        name: "test",
        observe: (notice) => notices.push(notice),
        ...options,
      });
      open.push(bus);
      return bus;
    },
    freshRun: async (bus, options = {}) => {
      runs += 1;
      const run = `run-${runs}`;
      await ensureTopology(bus, { run, rewards: ["pi", "sem"], ackWaitMs: 1_000, ...options });
      return run;
    },
    dispose: async () => {
      for (const bus of open) await bus.connection.close();
      await server.dispose();
    },
  };
}
