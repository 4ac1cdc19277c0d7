// Unit tests beside the sources and server tests under test/. Workspace packages resolve to their built `dist`.
//
// `.ci/run` sets EASEL_SYSTEM_TESTS for its later stages: the suites that need a server once more, over containers, the tests that
// need root, and those that measure processes and want the machine for themselves. Otherwise servers are local processes.
import { defineConfig } from "vitest/config";

const common = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  pool: "forks",
  maxWorkers: 2,
} as const;

const everything = {
  include: [
    "packages/*/src/**/*.test.ts",
    "apps/*/src/**/*.test.ts",
    "test/**/*.test.ts",
    "tools/**/*.test.mjs",
  ],
  exclude: ["test/system/**", "test/measured/**", "**/node_modules/**"],
  globalSetup: ["test/local-servers.setup.ts"],
};

const overContainers = {
  extends: true,
  test: {
    name: "containers",
    include: ["test/bus/*.test.ts", "test/processes/{broker-loss,crashes,end-to-end,take-over}.test.ts"],
    globalSetup: ["test/system/nats-image.setup.ts"],
    env: { EASEL_TEST_NATS: "container" },
  },
} as const;

const asRoot = {
  extends: true,
  test: {
    name: "system",
    include: ["test/system/*.test.ts"],
    globalSetup: ["test/system/nats-image.setup.ts"],
  },
} as const;

/** Memory of real processes against figures that were worked out: other work beside them swells it. */
const alone = {
  extends: true,
  test: { name: "measured", include: ["test/measured/*.test.ts"], fileParallelism: false },
} as const;

export default defineConfig({
  test: {
    ...common,
    ...(process.env.EASEL_SYSTEM_TESTS === "1" ? { projects: [overContainers, asRoot, alone] } : everything),
  },
});
