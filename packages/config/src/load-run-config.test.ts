// What a user sees of the configuration: which value wins, what is refused and in which words.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { defaultSettings } from "./default-settings.js";
import { ConfigError } from "./errors.js";
import { type ConfigSources, compileRunConfig, loadRunConfig } from "./load-run-config.js";

const file = (text: string) => ({ name: "my.yaml", text });

function refusal(sources: ConfigSources): string {
  try {
    compileRunConfig(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error("was not refused");
}

test("the shipped configuration spells out every default", () => {
  const text = readFileSync(new URL("../../../configs/nano.yaml", import.meta.url), "utf8");
  expect(parse(text)).toEqual(defaultSettings);
  expect(compileRunConfig({ file: file(text) })).toEqual(compileRunConfig({}));
});

test("every line of the shipped configuration that sets something says why", () => {
  const text = readFileSync(new URL("../../../configs/nano.yaml", import.meta.url), "utf8");
  for (const line of text.split("\n")) if (/^ {2}\w/.test(line)) expect(line).toMatch(/ # \w/);
});

test("durations and sizes are compiled, and nothing can be changed afterwards", () => {
  const config = compileRunConfig({ file: file("learner: { maxTime: 1h }\nbus: { imageQuota: 2 MiB }") });
  expect(config.learner.maxTimeMs).toBe(3_600_000);
  expect(config.bus.imageQuotaBytes).toBe(2_097_152);
  expect(config.bus.leaseMs).toBe(30_000);
  expect(Object.isFrozen(config.rewards.names)).toBe(true);
  expect(compileRunConfig({ file: file("learner: { maxTime: null }") }).learner.maxTimeMs).toBeNull();
});

test("command line over environment over file over defaults", () => {
  const yaml = file("learner: { steps: 2 }\nengine: { backend: cpu }\nrun: { name: mine }");
  const env = { EASEL_ENGINE: "wasm", EASEL_SETTINGS: "learner.steps=3\n\nrun.seed=9" };
  const config = compileRunConfig({ file: yaml, env, sets: ["learner.steps=4"] });
  expect(config.run.name).toBe("mine");
  expect(config.run.seed).toBe(9);
  expect(config.engine.backend).toBe("wasm");
  expect(config.learner.steps).toBe(4);
  expect(config.learner.beta2).toBe(defaultSettings.learner.beta2);
});

test("values of --set are YAML", () => {
  const sets = ["rewards.names=[sem, spa]", "model.lora={ rank: 8 }", "rewards.shuffleWithinGroup=true"];
  const config = compileRunConfig({ sets });
  expect(config.rewards.names).toEqual(["sem", "spa"]);
  expect(config.model.lora).toMatchObject({ rank: 8, alpha: 32 });
  expect(config.rewards.shuffleWithinGroup).toBe(true);
});

test("weights in bfloat16 are for frozen ones: training every weight refuses them, with the fix", () => {
  const weights = "model.weights=bfloat16";
  expect(compileRunConfig({ sets: [weights, "model.lora={}"] }).model.weights).toBe("bfloat16");
  const message = refusal({ sets: [weights] });
  expect(message).toContain(`--set ${weights}: model.weights must be float32 where model.lora is null`);
  expect(message).toContain("or train an adapter with model.lora");
  expect(refusal({ sets: ["model.weights=float16"] })).toContain("must be one of float32, bfloat16");
});

test("reinforcement learning has no dropout: a rollout and its update must be of the same policy", () => {
  expect(refusal({ sets: ["model.lora={ dropout: 0.05 }"] })).toMatch(/model\.lora.*dropout/);
});

test("a mistyped key names file, line and the key that was meant", () => {
  const message = refusal({ file: file("run: { name: x }\ngrpo:\n  clip: 0.2\n  groupsize: 4\n") });
  expect(message).toBe("my.yaml:4: grpo.groupsize is not a setting. Did you mean grpo.groupSize?");
});

test.each(["topK=5", "topP=0.9"])("rollouts for training refuse truncation, with the reason: %s", (set) => {
  expect(refusal({ sets: [`rollout.${set}`] })).toContain("training samples from all tokens");
});

test("a key of another section is found there", () => {
  expect(refusal({ sets: ["learner.temperature=2"] })).toContain("Did you mean rollout.temperature?");
});

test("a wrong value names file, line, key, the value and what to write", () => {
  const message = refusal({ file: file("learner:\n  maxTime: 10\n") });
  expect(message).toContain("my.yaml:2: learner.maxTime must be a duration with its unit");
  expect(message).toContain("it is 10.");
});

test("all problems are told at once, each with its origin", () => {
  const lines = refusal({
    file: file("learner: { steps: 0, floor: 2 }\nbus: 3\n"),
    env: { EASEL_ENGINE: "gpu" },
    sets: ["grpo.groupSize=1"],
  }).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines.join("\n")).toContain(
    "the environment variable EASEL_ENGINE: engine.backend must be one of auto",
  );
  expect(lines.join("\n")).toContain("--set grpo.groupSize=1: grpo.groupSize must be at least 2");
  expect(lines.join("\n")).toContain("my.yaml:2: bus must hold settings");
});

test.each([
  ["broken YAML", "run: [", "my.yaml:1"],
  ["a key twice", "run: { seed: 1, seed: 2 }", "my.yaml:1"],
  ["an unknown tag", "run: !!js/function 'f'", "my.yaml:1"],
])("%s is refused with its line", (_, text, place) => {
  expect(refusal({ file: file(text) })).toContain(place);
});

test("aliases that unfold to gigabytes are refused", () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`,
  );
  expect(refusal({ file: file(`l0: &l0 [x]\n${levels.join("\n")}\n`) })).toContain("aliases");
});

test("keys of every object's prototype are unknown keys", () => {
  expect(refusal({ sets: ["__proto__.polluted=1"] })).toContain("__proto__ is not a setting");
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("an empty file leaves the defaults; a file that is not there is named", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "easel-config-")), "empty.yaml");
  writeFileSync(path, "# nothing\n");
  expect((await loadRunConfig({ path })).run.name).toBe("nano");
  await expect(loadRunConfig({ path: `${path}.no` })).rejects.toMatchObject({
    code: "EASEL_CONFIG_UNREADABLE",
  });
});

test("an assignment without a value is refused", () => {
  expect(refusal({ sets: ["learner.steps"] })).toContain("section.name=value");
});
