// `npm run test:gpu`: the engine on a GPU gives what it gives on the processor. On a machine where it cannot be tried the
// last line begins with "skipped:" and says why, and the status is 0.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const probe = fileURLToPath(new URL("gpu-probe.mjs", import.meta.url));
/** Convolutions and products on a GPU may run in TF32, with ten bits. */
const tolerance = 5e-3;

const run = (device) =>
  JSON.parse(
    execFileSync(process.execPath, [probe, device], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
  );

function onGpu() {
  try {
    return { result: run("gpu") };
  } catch (error) {
    const message = String(error.stderr ?? error);
    if (!message.includes("EASEL_ENGINE_NO_GPU")) throw error;
    return { reason: /EngineError: (A GPU[^\n]*)/.exec(message)?.[1] ?? message };
  }
}

const { result, reason } = onGpu();
if (result === undefined) {
  console.log(`skipped: ${reason}`);
} else {
  const expected = run("cpu");
  const differences = [...result.losses, ...result.weights].map((value, i) =>
    Math.abs(value - [...expected.losses, ...expected.weights][i]),
  );
  const worst = Math.max(...differences);
  console.log(`devices: ${result.devices.map(({ name, type }) => `${type} ${name}`).join(", ")}`);
  console.log(`largest difference of losses and weights to the processor: ${worst.toExponential(1)}`);
  const good = result.device === "gpu" && expected.device === "cpu" && worst <= tolerance;
  console.log(good ? "1 passed, 0 failed" : "0 passed, 1 failed");
  process.exitCode = good ? 0 : 1;
}
