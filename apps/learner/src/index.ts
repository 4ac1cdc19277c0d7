// Issues tasks, assembles scored groups, updates the policy, announces weights.
export {};
