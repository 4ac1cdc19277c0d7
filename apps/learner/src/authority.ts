// The three places where a learner that was succeeded is told so: leadership, the checkpoint pointer, the head of the weights. What it still
// writes into the ledger in its old epoch counts for nothing without being refused; lineage.ts reads it so.
import { announceWeights, becomeLeader, movePointer } from "@easel/bus";

export type Authority = {
  readonly becomeLeader: typeof becomeLeader;
  readonly movePointer: typeof movePointer;
  readonly announceWeights: typeof announceWeights;
};

/** The broker's word, by compare-and-set. */
export const brokersAuthority: Authority = { becomeLeader, movePointer, announceWeights };
