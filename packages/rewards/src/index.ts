// The reward set and its judges.
export {};
