// How the cores of one machine are shared by the processes of a run. Pure.

export type ThreadBudget = { readonly learner: number; readonly rollout: number };

export type ThreadWishes = {
  readonly learner: number | "auto";
  readonly rollout: number | "auto";
  readonly workers: number;
};

/**
 * Threads of the learner and of each rollout worker. Learner and rollouts take turns more than they overlap: with staleness 0 strictly,
 * with 1 mostly. So each may use every core but what the other workers of its kind take; the system shares the rest.
 */
export function threadBudget(cores: number, wishes: ThreadWishes): ThreadBudget {
  const perWorker = Math.max(1, Math.floor(cores / wishes.workers));
  return {
    learner: wishes.learner === "auto" ? Math.max(1, cores) : wishes.learner,
    rollout: wishes.rollout === "auto" ? perWorker : wishes.rollout,
  };
}
