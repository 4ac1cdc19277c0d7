// Once before the suites that run over containers: an engine must answer, and the image of the server is built out of the nats-server
// of this machine. Whatever is missing fails the stage; nothing is skipped.
import { fileURLToPath } from "node:url";
import { buildImage, describeContainerEngine, findNatsServer, NATS_IMAGE_VARIABLE } from "@easel/testkit";

const dockerfile = fileURLToPath(new URL("../../k8s/images/nats-server/Dockerfile", import.meta.url));

export async function setup(): Promise<void> {
  const engine = await describeContainerEngine();
  const program = await findNatsServer();
  const name = "easel/nats-server:test";
  process.env[NATS_IMAGE_VARIABLE] = await buildImage({
    name,
    dockerfile,
    context: { "nats-server": program },
  });
  console.log(`servers in containers: ${name} on ${engine}`);
}
