// Memory and files as lists of named parts. A figure is arithmetic; how far it may be trusted is said where it is shown.

/** Bytes with a name. */
export type Part = { readonly name: string; readonly bytes: number };

/** Bytes of all parts together. */
export function totalOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes of a float32. */
export const F32 = 4;
