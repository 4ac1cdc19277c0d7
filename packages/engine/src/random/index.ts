// Random numbers as functions of a key and a counter, which are tensors: usable in jit and loop, equal everywhere.

export { philox4x32, type Words4 } from "./philox.js";
export { type RandomWords, randomBits, randomKey } from "./random-bits.js";
export { randomNormal } from "./random-normal.js";
export { randomUniform } from "./random-uniform.js";
