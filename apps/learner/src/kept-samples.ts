// A few pictures for people: the first group of a step, copied from the blobs into the run's folder with its prompt, chains and
// rewards, before the blobs go. Reports and the dashboard show these.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReadyGroup } from "./group-book.js";
import type { GroupRewards } from "./group-rewards.js";
import { type LearnerContext, tell } from "./learner-context.js";

export async function keepSamples(
  context: LearnerContext,
  step: number,
  group: ReadyGroup,
  rewards: GroupRewards,
): Promise<void> {
  const { folder, images, log } = context;
  const name = `s${String(step).padStart(8, "0")}`;
  const target = join(folder, "samples", name);
  try {
    await mkdir(target, { recursive: true });
    const samples = group.slices.flatMap(({ trajectory }) => trajectory.samples);
    for (const { index, imageDigest } of samples) {
      await writeFile(join(target, `${index}.png`), await images.get(imageDigest));
    }
    const { promptText, promptSpec } = group.task;
    const described = samples.map(({ index, chainText, forcedBoi }) => ({
      index,
      picture: `${index}.png`,
      chainText,
      forcedBoi,
      total: rewards.totals[index] ?? null,
    }));
    const text = JSON.stringify(
      { step, group: group.task.group, promptText, promptSpec, samples: described },
      null,
      2,
    );
    await writeFile(join(target, "samples.json"), `${text}\n`);
    tell(context, "hop", "samples.kept", { step, folder: `samples/${name}` });
  } catch (error) {
    log.warn({ step, err: error }, "pictures of this step could not be kept for the report");
  }
}
