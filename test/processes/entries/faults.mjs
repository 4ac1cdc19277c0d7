// What negative controls pass to the product in the place of a mechanism that it has.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brokersAuthority } from "@easel/learner";

/** A policy that restores its weights and forgets its optimizer's moments. */
export function withoutMoments(policy) {
  const file = "policy.json";
  return {
    ...policy,
    loadState: async (folder) => {
      const table = JSON.parse(await readFile(join(folder, file), "utf8"));
      const forgetful = await mkdtemp(join(folder, "../../forgetful-"));
      const momentum = table.momentum.map(() => 0);
      await writeFile(join(forgetful, file), JSON.stringify({ ...table, momentum }));
      await policy.loadState(forgetful);
    },
  };
}

/** An authority that always says yes: leadership is never lost, and what is refused is taken for done. */
export const complaisant = {
  becomeLeader: async (bus, options) => ({
    ...(await brokersAuthority.becomeLeader(bus, options)),
    signal: new AbortController().signal,
  }),
  movePointer: async (...asked) => await brokersAuthority.movePointer(...asked).catch(() => {}),
  announceWeights: async (...asked) =>
    await brokersAuthority.announceWeights(...asked).catch(() => "announced"),
};
