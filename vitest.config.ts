// Unit tests beside the sources and server tests under test/. Workspace packages resolve to their built `dist`.
//
// `.ci/run` sets EASEL_SYSTEM_TESTS for its second stage: the suites that need a server once more, over containers, and the tests that
// need root. Otherwise servers are local processes.
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
  exclude: ["test/system/**", "**/node_modules/**"],
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

export default defineConfig({
  test: {
    ...common,
    ...(process.env.EASEL_SYSTEM_TESTS === "1" ? { projects: [overContainers, asRoot] } : everything),
  },
});
