// Pictures from codes: the codec's decoder as the rollout worker runs it.
import { readFileSync } from "node:fs";
import { jit, tf } from "@easel/engine";
import { loadJanus, toLevels, vqDecode } from "@easel/janus";

export async function prepare({ checkpoint, codes: file, compile }) {
  const { config, params } = await loadJanus(checkpoint, { parts: ["vq-decoder"] });
  const codes = tf.tensor2d(JSON.parse(readFileSync(file, "utf8")), undefined, "int32");
  const decode = jit((input) => toLevels(vqDecode(config.vq, params, input)), { name: "vq-decode", compile });
  let levels = [];
  return {
    async once() {
      const result = await decode.async(codes);
      levels = await result.data();
      result.dispose();
    },
    check() {
      const stride = Math.max(1, Math.floor(levels.length / 5000));
      return { levels: [...levels].filter((_, i) => i % stride === 0) };
    },
    explain: decode.explain,
  };
}
