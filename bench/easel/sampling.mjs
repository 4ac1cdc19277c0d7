// Decoding with a key-value cache: Easel's sampler, from requests to sequences on the host.
import { readFileSync } from "node:fs";
import { createSampler, loadJanus, uniformFor } from "@easel/janus";

export async function prepare({ checkpoint, requests: file, rows, compile, segmentLengths }) {
  const model = await loadJanus(checkpoint, { parts: ["language", "image"] });
  const { promptIds, textCap } = JSON.parse(readFileSync(file, "utf8"));
  const sampler = createSampler(model, {
    maxRows: rows,
    promptBuckets: [promptIds.length],
    textCap,
    compile,
    ...(segmentLengths === undefined ? {} : { segmentLengths }),
  });
  const requests = Array.from({ length: rows }, (_, sample) => ({
    promptIds,
    uniform: (position) => uniformFor({ seed: 1, group: 0, sample, position }),
  }));
  let drawn = [];
  return {
    async once() {
      drawn = await sampler.sample(requests);
    },
    check: () => ({ ids: drawn.map(({ chainIds, imageCodes }) => [...chainIds, ...imageCodes]) }),
  };
}
