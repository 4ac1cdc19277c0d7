// When two prompts are the same prompt: the form in which they are compared. Never shown to a model.

/** Words before the content that make no other prompt of it; GenEval writes "a photo of" before each. */
const FRAME =
  /^(?:(?:an?|the) )?(?:photo|photograph|picture|image|drawing|painting|illustration|rendering) of (?=\S)/;
const SILENT = /['’‘ʼ`´\p{Default_Ignorable_Code_Point}]/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}\p{So}]+/gu;

function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replace(SILENT, "")
    .replace(BETWEEN_WORDS, " ")
    .trim();
}

/**
 * The canonical form of a prompt: compatibility characters resolved, lower case, apostrophes left out, everything that is no
 * letter, digit or pictograph one space, and words such as "a photo of" taken off the front. Prompts with the same form count
 * as the same. `""` when nothing is left.
 */
export function canonicalText(text: string): string {
  let form = plain(text);
  for (let next = form.replace(FRAME, ""); next !== form; next = form.replace(FRAME, "")) form = next;
  return form;
}
