// Decoding with a key-value cache: Easel's sampler, from requests to sequences on the host.
import { readFileSync } from "node:fs";
import { createSampler, loadJanus, uniformFor } from "@easel/janus";

export async function prepare({
  checkpoint,
  requests: file,
  rows,
  compile,
  segmentLengths,
  guidanceScale = 1,
  temperature = 1,
  codesOnly = false,
}) {
  const model = await loadJanus(checkpoint, { parts: ["language", "image"] });
  const { promptIds, prompts = [promptIds], textCap } = JSON.parse(readFileSync(file, "utf8"));
  const sampler = createSampler(model, {
    maxRows: rows,
    promptBuckets: [prompts[0].length],
    textCap,
    guidanceScale,
    temperature,
    compile,
    ...(segmentLengths === undefined ? {} : { segmentLengths }),
  });
  const requests = Array.from({ length: rows }, (_, sample) => ({
    promptIds: prompts[Math.floor((sample * prompts.length) / rows)],
    uniform: (position) => uniformFor({ seed: 1, group: 0, sample, position }),
  }));
  let drawn = [];
  return {
    async once() {
      drawn = await sampler.sample(requests);
    },
    check: () => ({
      ids: drawn.map(({ chainIds, imageCodes }) => [...(codesOnly ? [] : chainIds), ...imageCodes]),
    }),
  };
}
