// Rows to train on, kept in a few large buffers: as objects with arrays of their own millions of them would fill the heap of
// JavaScript long before memory is full. Values are read when they are asked for.
import type { SequenceRow } from "@easel/janus";

/** One example to train on. */
export type PictureRow = SequenceRow & {
  readonly id: string;
  readonly prompt: string;
};

/** Packs rows one after the other. Rows that were given out stay as they are. */
export type RowPacker = { pack(row: PictureRow): PictureRow };

/** A row may be larger; it then has a buffer of its own. */
const bufferWords = 2 ** 22;
const headerWords = 6;
/** Codes below this take two bytes, which are those of every released codec. */
const narrowCodes = 65_536;
const wordBytes = 4;

const wordsFor = (bytes: number): number => Math.ceil(bytes / wordBytes);
const text = new TextDecoder();

/** `[sizes of id, prompt, prompt ids, chain ids, codes; bytes of a code | prompt ids | chain ids | codes | id and prompt as UTF-8]` */
class PackedRow implements PictureRow {
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  /** Numbers `from` to `from + count` after the header. */
  #numbers(from: number, count: number): Int32Array {
    const begin = this.#at + headerWords + from;
    return this.#words.subarray(begin, begin + count);
  }

  #size(place: number): number {
    return this.#words[this.#at + place] ?? 0;
  }

  /** Where texts begin, in bytes of the buffer. */
  #texts(): Uint8Array {
    const codes = wordsFor(this.#size(5) * this.#size(4));
    const begin = this.#at + headerWords + this.#size(2) + this.#size(3) + codes;
    return new Uint8Array(
      this.#words.buffer,
      this.#words.byteOffset + begin * wordBytes,
      this.#size(0) + this.#size(1),
    );
  }

  get id(): string {
    return text.decode(this.#texts().subarray(0, this.#size(0)));
  }

  get prompt(): string {
    return text.decode(this.#texts().subarray(this.#size(0)));
  }

  get promptIds(): Int32Array {
    return this.#numbers(0, this.#size(2));
  }

  get chainIds(): Int32Array {
    return this.#numbers(this.#size(2), this.#size(3));
  }

  get imageCodes(): Uint16Array | Int32Array {
    const from = this.#size(2) + this.#size(3);
    if (this.#size(5) === wordBytes) return this.#numbers(from, this.#size(4));
    const { buffer, byteOffset } = this.#numbers(from, 0);
    return new Uint16Array(buffer, byteOffset, this.#size(4));
  }
}

/** A packer with buffers of its own. */
export function createRowPacker(): RowPacker {
  let words = new Int32Array(0);
  let used = 0;
  return {
    pack({ id, prompt, promptIds, chainIds, imageCodes }) {
      const texts = Buffer.from(id + prompt);
      const idBytes = Buffer.byteLength(id);
      const isWide = Array.prototype.some.call(imageCodes, (code: number) => code >= narrowCodes);
      const codeBytes = isWide ? wordBytes : 2;
      const codeWords = wordsFor(codeBytes * imageCodes.length);
      const size = headerWords + promptIds.length + chainIds.length + codeWords + wordsFor(texts.length);
      if (used + size > words.length) {
        words = new Int32Array(Math.max(bufferWords, size));
        used = 0;
      }
      const at = used;
      used += size;
      const sizes = [idBytes, texts.length - idBytes, promptIds.length, chainIds.length, imageCodes.length];
      words.set([...sizes, codeBytes], at);
      words.set(promptIds, at + headerWords);
      words.set(chainIds, at + headerWords + promptIds.length);
      const codesAt = at + headerWords + promptIds.length + chainIds.length;
      const Codes = isWide ? Int32Array : Uint16Array;
      new Codes(words.buffer, codesAt * wordBytes, imageCodes.length).set(imageCodes);
      new Uint8Array(words.buffer, (codesAt + codeWords) * wordBytes, texts.length).set(texts);
      return new PackedRow(words, at);
    },
  };
}
