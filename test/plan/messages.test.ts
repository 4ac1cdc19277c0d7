// The plan's bytes of a trajectory message against a message of that size as it is encoded.
import { trajectoryBytes } from "@easel/plan";
import { encodeMessage, sliceGroup } from "@easel/protocol";
import { sampleTask, sampleTrajectory } from "@easel/testkit";
import { expect, it } from "vitest";

it.each([
  [22, 62, 64],
  [56, 331, 576],
])("a message with %i prompt, %i chain and %i picture tokens", (prompt, chain, image) => {
  const groupSize = 16;
  const task = sampleTask("planned", 1, { groupSize, slices: sliceGroup(groupSize, groupSize) });
  const small = sampleTrajectory(task, 0, "attempt-1");
  const samples = small.samples.map((sample) => ({
    ...sample,
    chainIds: Int32Array.from({ length: chain }, (_, i) => 1000 + i),
    chainText: "circle (1,2)".repeat(chain).slice(0, 4 * chain),
    imageCodes: Int32Array.from({ length: image }, (_, i) => i),
    logProbs: Float32Array.from({ length: chain + image }, (_, i) => -i / 700),
    weights: [{ digest: task.policy.digest, from: 0, to: chain + image }],
  }));
  const message = { ...small, samples, promptIds: Int32Array.from({ length: prompt }, (_, i) => i) };
  const bytes = encodeMessage("trajectory", message).length;
  const planned = trajectoryBytes({ prompt, chain, longestChain: chain, image }, groupSize);
  expect(planned / bytes).toBeGreaterThan(0.9);
  expect(planned / bytes).toBeLessThan(1.1);
});
