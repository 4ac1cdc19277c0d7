// The strings of the tokens this project needs by name. Ids are never written down: they differ between checkpoints.

/** Token strings by role, as DeepSeek-LLM, Janus and GoT-R1 spell them (full-width bars and lower blocks included). */
export const tokenStrings = {
  begin: "<｜begin▁of▁sentence｜>",
  end: "<｜end▁of▁sentence｜>",
  pad: "<｜▁pad▁｜>",
  /** Ends the chain and switches to the image head. */
  beginImage: "<begin_of_image>",
  endImage: "<end_of_image>",
  boxStart: "<|box_start|>",
  boxEnd: "<|box_end|>",
  objectStart: "<|obj_start|>",
  objectEnd: "<|obj_end|>",
} as const;

/** A role of {@link tokenStrings}. */
export type TokenRole = keyof typeof tokenStrings;

/** The four tokens GoT-R1 adds to Janus, in the order in which it adds them. They are not "special": decoding keeps them. */
export const layoutRoles = ["boxStart", "boxEnd", "objectStart", "objectEnd"] as const;

/** Ids by role. */
export type TokenIds = Readonly<Record<TokenRole, number>>;
