// Whether a container engine answers. Loaded lazily: the client is large, and most tests never need it.
import { TestkitError } from "./errors.js";

/**
 * Name, version and address of the engine that answers, in words.
 * @throws TestkitError `EASEL_TESTKIT_NO_ENGINE` when none does.
 */
export async function describeContainerEngine(): Promise<string> {
  try {
    const { getContainerRuntimeClient } = await import("testcontainers");
    const { info } = await getContainerRuntimeClient();
    const { serverVersion, remoteSocketPath } = info.containerRuntime;
    return `container engine ${serverVersion} at ${remoteSocketPath}`;
  } catch (cause) {
    throw new TestkitError(
      "EASEL_TESTKIT_NO_ENGINE",
      `No container engine answers (${String((cause as Error).message)}). Start dockerd or set DOCKER_HOST; .ci/run starts one by itself.`,
      { cause },
    );
  }
}
