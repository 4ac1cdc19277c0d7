// Which engine the processes will run on. wasm is chosen only where no libtensorflow is published, or when asked for.

const known = ["auto", "tensorflow", "wasm", "cpu"];

/** The engine asked for: `--set engine.backend=x` on the command line, else EASEL_ENGINE, else "auto". */
export function askedEngine(args, env) {
  const settings = args.flatMap((arg, i) =>
    arg === "--set" ? [args[i + 1] ?? ""] : [arg.replace(/^--set=/, "")],
  );
  const setting = settings.filter((text) => text.startsWith("engine.backend=")).at(-1);
  const asked = setting === undefined ? env.EASEL_ENGINE : setting.slice("engine.backend=".length);
  return known.includes(asked) ? asked : "auto";
}

/**
 * The engine and why.
 * @param asked what `askedEngine` returned.
 * @param located what `locateTensorflow` returned.
 */
export function chooseEngine(asked, located) {
  if (asked === "wasm" || asked === "cpu") return { engine: asked, reason: "asked for" };
  if (located.kind !== "none") return { engine: "tensorflow", reason: located.kind };
  if (asked === "tensorflow") return { engine: null, reason: located.reason };
  return { engine: "wasm", reason: located.reason };
}
