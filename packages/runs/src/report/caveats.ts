// What a reader must bear in mind before believing a number of a run. General ones, and those this run calls for.
import { reward, sumOf, whole } from "../figures.js";
import type { ReadMetrics } from "../metrics-log.js";
import type { RunSummary, SplitResult } from "../summary.js";

/** What makes this run other than it seems at first sight; shown above all numbers. */
export function warningsOf(summary: RunSummary | null, setting: (path: string) => unknown): string[] {
  return [
    ...(summary === null
      ? [
          "The run has no summary: it goes on or was cut off. Curves show what it logged until now, nothing here is final.",
        ]
      : [...engineCaveat(summary), ...fateCaveats(summary)]),
    ...(setting("rewards.shuffleWithinGroup") === true
      ? [
          "Control run: rewards were permuted within each group, so nothing may be learnt. A rise would mean a fault.",
        ]
      : []),
  ];
}

/** Sentences, the most important first. */
export function caveatsOf(summary: RunSummary | null, metrics: ReadMetrics): string[] {
  const result = summary?.results.test ?? summary?.results.dev ?? null;
  return [
    ...(result === null ? [] : sharpening(result)),
    "One run with one seed. The intervals tell how much another draw of prompts would change the numbers, not how much another seed of training would.",
    "Prompts, objects and rewards are those of the synthetic shape world. The rewards are a program, and training optimises against that program; strict success is a second, separate measure that was never rewarded, so look there first.",
    "The starting checkpoint shipped with Easel imitates examples whose labels are wrong on purpose in a known share, so that there is something to improve. How much training gains depends on that share and says little about models trained on clean labels.",
    "Dev prompts were looked at throughout the run, test prompts before and after it. No combination of objects and relations is in two splits.",
    ...(metrics.unreadable > 0
      ? [
          `${whole(metrics.unreadable)} lines of the metrics log could not be read and are missing from the curves.`,
        ]
      : []),
    ...(summary?.notes ?? []),
  ];
}

function engineCaveat({ engine }: RunSummary): string[] {
  if (engine.backend === "tensorflow") return [];
  return [
    `The slow engine was used (${engine.backend}: ${engine.library} ${engine.version}), because the native one was not chosen or could not be had. The arithmetic is the same, but far fewer updates fit in the time.`,
  ];
}

/** At temperature 1 a policy also gains by sampling less widely; greedy decoding shows what is left without that. */
function sharpening({ temperatures }: SplitResult): string[] {
  const greedy = temperatures.find(({ temperature }) => temperature < 0.5);
  const sampled = temperatures.find(({ temperature }) => temperature >= 0.5);
  const why =
    "Part of a gain at temperature 1 can be sharpening: the policy learns to sample less widely what its likeliest answer was before.";
  if (greedy?.difference === null || greedy === undefined || sampled?.difference == null) {
    return [`${why} This run has no near-greedy measurement beside it, so that part is unknown.`];
  }
  const move = (one: typeof greedy): string =>
    `${reward(one.before.measures.total.mean)} to ${reward(one.after?.measures.total.mean)}`;
  return [
    `${why} Near-greedy decoding is not moved by it: there the total went from ${move(greedy)}, at temperature ${sampled.temperature} from ${move(sampled)}.`,
  ];
}

function fateCaveats({ groups, ending }: RunSummary): string[] {
  const untrained = sumOf(groups.dropped) + sumOf(groups.dead);
  const sentences: string[] = [];
  if (ending !== "finished") sentences.push(`The run did not reach its end: ${ending}.`);
  if (groups.issued > 0 && untrained / groups.issued > 0.2) {
    sentences.push(
      `${whole(untrained)} of ${whole(groups.issued)} groups were not trained on; the table of groups says why.`,
    );
  }
  return sentences;
}
