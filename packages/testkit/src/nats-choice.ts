// Which provider runs the servers of this test run. The only place where it is read, so that every suite runs over either.
import { TestkitError } from "./errors.js";
import type { NatsProvider } from "./nats-server.js";

/** Environment variable with the provider: `process` (default) or `container`. */
export const NATS_PROVIDER_VARIABLE = "EASEL_TEST_NATS";
/** Environment variable with the image of the container provider. */
export const NATS_IMAGE_VARIABLE = "EASEL_TEST_NATS_IMAGE";

/** @throws TestkitError `EASEL_TESTKIT_NATS_CHOICE` naming the variable that is wrong or missing. */
export function chosenProvider(environment: NodeJS.ProcessEnv = process.env): NatsProvider {
  const chosen = environment[NATS_PROVIDER_VARIABLE] ?? "process";
  if (chosen === "process" || chosen === "container") return chosen;
  throw new TestkitError(
    "EASEL_TESTKIT_NATS_CHOICE",
    `${NATS_PROVIDER_VARIABLE} is ${JSON.stringify(chosen)}. Set it to process or container, or leave it out.`,
  );
}

/** @throws TestkitError `EASEL_TESTKIT_NATS_CHOICE` */
export function chosenImage(environment: NodeJS.ProcessEnv = process.env): string {
  const image = environment[NATS_IMAGE_VARIABLE] ?? "";
  if (image !== "") return image;
  throw new TestkitError(
    "EASEL_TESTKIT_NATS_CHOICE",
    `A server in a container needs an image whose entry point is nats-server: set ${NATS_IMAGE_VARIABLE}, or run .ci/run, which builds one.`,
  );
}
