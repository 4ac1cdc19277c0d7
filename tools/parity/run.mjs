// Checks a folder of reference numbers, section by section. What a line looks like is in report.mjs; the command is main.mjs.
import { tf } from "@easel/engine";
import { compareEqual } from "./difference.mjs";
import { openReference } from "./reference-folder.mjs";
import { createReport } from "./report.mjs";
import { arithmetic } from "./sections/arithmetic.mjs";
import { codec } from "./sections/codec.mjs";
import { files } from "./sections/files.mjs";
import { forwardPass } from "./sections/forward.mjs";
import { gradients } from "./sections/gradients.mjs";
import { greedy } from "./sections/greedy.mjs";
import { guided } from "./sections/guided.mjs";
import { layouts } from "./sections/layouts.mjs";
import { adapters } from "./sections/lora.mjs";
import { operations } from "./sections/operations.mjs";
import { policy } from "./sections/policy.mjs";
import { tokenizer } from "./sections/tokenizer.mjs";
import { constantsOf, disposeSubject, loadSubject, needed } from "./subject.mjs";

/** All sections, in the order in which they run. */
export const sections = [
  files,
  tokenizer,
  operations,
  layouts,
  forwardPass,
  gradients,
  codec,
  adapters,
  greedy,
  arithmetic,
  policy,
  guided,
];

const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** The model in both layouts; what cannot be loaded is a failure of its own. */
async function loadModels(reference, constant, report) {
  const models = {};
  for (const layout of ["original", "hf"]) {
    try {
      models[layout] = await loadSubject(reference, constant, layout);
    } catch (error) {
      report.fail("files", `the checkpoint in ${layout}/ loads`, messageOf(error));
    }
  }
  return models;
}

/** Most sections look at the original layout's model; without it they end by that reason. */
function withModel(context) {
  return {
    ...context,
    get model() {
      return needed(context.models, "original");
    },
  };
}

/**
 * Checks a folder.
 * @param {string} folder
 * @param {{ only?: readonly string[], compile?: "graph" | "xla", write?: (line: string) => void }} options `only`: names of
 *   sections, all when left out; `write` gets every line
 * @returns {Promise<{ ok: boolean, outcomes: readonly import("./report.mjs").Outcome[] }>}
 */
export async function checkFolder(folder, { only, compile = "graph", write = () => {} } = {}) {
  const report = createReport(write);
  const reference = openReference(folder);
  let expected;
  try {
    expected = await reference.json("expected/expected.json");
  } catch (error) {
    report.fail("files", "expected/expected.json", messageOf(error));
  }
  const constant = constantsOf(expected ?? {});
  const chosen = sections.filter(({ name }) => only === undefined || only.includes(name));
  const models = await loadModels(reference, constant, report);
  const context = { reference, report, expected, constant, models, compile };
  for (const section of chosen) {
    if (section.optional !== undefined && !(await reference.has(section.optional))) {
      write(`  --  ${section.name.padEnd(10)} not in this folder: ${section.optional}`);
      continue;
    }
    // Tensors a section leaves behind go with it; models are older than the scope.
    tf.engine().startScope();
    try {
      await section.run(withModel(context));
    } catch (error) {
      report.fail(section.name, "what is left of this section", messageOf(error));
    }
    tf.engine().endScope();
  }
  for (const model of Object.values(models)) disposeSubject(model);
  await reportUnread(chosen, reference, report);
  return { ok: report.outcomes.every(({ ok }) => ok), outcomes: report.outcomes };
}

/** A stored number that nothing was compared with is no pass. Files whose sections did not all run are left alone. */
async function reportUnread(chosen, reference, report) {
  const files = new Set(chosen.flatMap(({ reads }) => reads));
  for (const file of files) {
    const readers = sections.filter(({ reads }) => reads.includes(file));
    if (!readers.every((reader) => chosen.includes(reader))) continue;
    if (readers.some(({ optional }) => optional === file) && !(await reference.has(file))) continue;
    await report.quantity("files", `${file}: every tensor was used`, async () =>
      compareEqual(file, [
        { of: "tensors that no check looked at", actual: await reference.unread(file), expected: [] },
      ]),
    );
  }
}
