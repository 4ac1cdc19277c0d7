// The tokenizer of janus-nano: a byte-level BPE in which each word, coordinate and separator of shapeworld is one token.
import { buildByteBpe, createTokenizer, type JanusTokenizer } from "@easel/janus";
import { words } from "@easel/shapeworld";

/** Words and separators of the prompt template around the caption. */
const templateWords = ["User", "Assistant"] as const;
const templatePieces = [":", "\n\n"] as const;

/** Makes the tokenizer; the same world gives the same ids. */
export function nanoTokenizer(promptTemplate: string): JanusTokenizer {
  const all = words().map((piece) => piece.trim());
  const isWord = (piece: string): boolean => /^[A-Za-z]+$/.test(piece);
  const definition = buildByteBpe({
    words: [...new Set([...templateWords, ...all.filter(isWord)])],
    pieces: [...new Set([...templatePieces, ...all.filter((piece) => piece !== "" && !isWord(piece))])],
  });
  return createTokenizer(definition, promptTemplate);
}
