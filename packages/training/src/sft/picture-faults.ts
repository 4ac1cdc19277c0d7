// Why an example of a data file is not trained on. A refused example is named and counted; it never ends a run alone.

/** Reasons that lie in the picture. */
export type PictureFault =
  | "no-such-file"
  | "empty-file"
  | "file-too-large"
  | "not-png-jpeg-webp"
  | "too-many-pixels"
  | "unreadable-picture"
  | "other-proportions";

/** Reasons that lie in the text, some of them only once the picture is cropped. */
export type TextFault =
  | "broken-chain"
  | "no-box-shown"
  | "box-not-shown"
  | "chain-too-long"
  | "prompt-too-long";

/** Any reason. */
export type ExampleFault = PictureFault | TextFault;

/** An example that was refused. */
export type RefusedExample = {
  readonly id: string;
  readonly image: string;
  readonly reason: ExampleFault;
  /** More, where there is more to say. */
  readonly detail: string;
};

/** How many examples were refused for each reason, the commonest first. */
export function countFaults(refused: readonly RefusedExample[]): ReadonlyMap<ExampleFault, number> {
  const counts = new Map<ExampleFault, number>();
  for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
