// Starts the engine that the environment asks for, and says which one it is: a slow one is never used silently.
import { type EngineInfo, startEngine } from "@easel/engine";
import { CliError } from "../errors.js";

const backends = ["auto", "tensorflow", "wasm", "cpu"] as const;

/**
 * @param env a copy of the environment; `EASEL_ENGINE` chooses
 * @param say gets one line about the engine
 */
export async function startChosenEngine(
  env: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<EngineInfo> {
  const wanted = env.EASEL_ENGINE || "auto";
  const backend = backends.find((name) => name === wanted);
  if (backend === undefined) {
    throw new CliError(
      "EASEL_CLI_OPTION",
      `EASEL_ENGINE is "${wanted}". Set it to ${backends.join(", ")}, or leave it out.`,
    );
  }
  const engine = await startEngine({ backend });
  const slow = engine.backend === "tensorflow" ? "" : "; many times slower than the native engine";
  say(`engine: ${engine.backend}, ${engine.library} ${engine.version}, ${engine.threads} threads${slow}`);
  return engine;
}
