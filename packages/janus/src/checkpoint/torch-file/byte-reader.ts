// Reads numbers and texts from bytes, and never past their end.

/** A position in bytes that only moves forward. Every read past the end calls `fail`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: () => Error;
  #at = 0;

  constructor(bytes: Uint8Array, fail: () => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  /** The position of the next byte. */
  get position(): number {
    return this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (!(count <= this.#bytes.length - at)) throw this.#fail();
    this.#at = at + count;
    return at;
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A 64-bit whole number; those above 2^53 come out rounded, and are too large for any file. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** A big-endian double, the one big-endian number of a pickle. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  utf8(count: number): string {
    return new TextDecoder().decode(this.bytes(count));
  }

  /** Text up to the next line break, which is passed over. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#fail();
    const text = this.utf8(end - this.#at);
    this.#at = end + 1;
    return text;
  }
}
