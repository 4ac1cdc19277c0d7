// The text a caption becomes before it is tokenised. BOS is not part of it.

/**
 * GoT-R1's prompt: its instruction in Janus' conversation form, with the roles User and Assistant printed as plain
 * words, not as the tokens Janus itself uses, and an empty assistant turn.
 */
export const gotPromptTemplate =
  "User: Follow the caption to generate an image through a chain of thought process: {caption}\n\nAssistant:";

/** What Python's `str.strip` removes: Unicode white space (so not U+FEFF) and the four separator controls. */
function isSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character) || (character >= "\u001c" && character <= "\u001f");
}

function stripEnd(text: string): string {
  let length = text.length;
  while (length > 0 && isSpace(text.charAt(length - 1))) length -= 1;
  return text.slice(0, length);
}

/**
 * Renders a prompt. The message that ends with the caption is stripped before it is placed, so white space at the END
 * of a caption disappears (with an empty caption the space before it, too), and white space at its START stays.
 *
 * @param template a text with `{caption}` in it
 */
export function renderPrompt(template: string, caption: string): string {
  const slot = template.indexOf("{caption}");
  const before = template.slice(0, slot);
  const after = template.slice(slot + "{caption}".length);
  return stripEnd(stripEnd(before + caption) + after);
}
