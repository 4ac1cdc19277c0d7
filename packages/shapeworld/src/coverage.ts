// Proof that holding out combinations holds out no primitive. Enumerates; draws nothing.
import { canonicalKey } from "./canonical-key.js";
import type { NamedKind } from "./combination.js";
import { ShapeworldError } from "./errors.js";
import { splitOf } from "./split.js";
import { COLOURS, RELATIONS, SHAPES, TEXTURES } from "./vocabulary.js";

/**
 * For every primitive (each shape, colour, texture, relation, number of objects from 1 to 4, and each kind, that is colour with
 * shape) a combination of the train part that has it: "relation left" -> its key.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_PRIMITIVE_NOT_TRAINED` when the train part lacks one.
 */
export function trainWitnesses(): ReadonlyMap<string, string> {
  const witnesses = new Map<string, string>();
  const wanted = new Set<string>();
  const offer = (primitives: readonly string[], key: string): void => {
    for (const primitive of primitives) {
      wanted.add(primitive);
      if (splitOf(key) === "train" && !witnesses.has(primitive)) witnesses.set(primitive, key);
    }
  };
  const kinds = COLOURS.flatMap((colour) => SHAPES.map((shape) => ({ colour, shape })));
  for (const [index, kind] of kinds.entries()) {
    const other = kinds[(index + 1) % kinds.length] as NamedKind;
    const solid = [...primitivesOf(kind), "texture solid"];
    for (let count = 1; count <= 4; count += 1) {
      const objects = Array<NamedKind>(count).fill(kind);
      offer([...solid, `count ${count}`], canonicalKey(objects, []));
    }
    for (const relation of RELATIONS) {
      offer([...solid, `relation ${relation}`], canonicalKey([kind, other], [{ a: 0, relation, b: 1 }]));
    }
    for (const texture of TEXTURES) {
      if (texture === "solid") continue;
      offer([...primitivesOf(kind), `texture ${texture}`], canonicalKey([{ ...kind, texture }], []));
    }
  }
  const missing = [...wanted].filter((primitive) => !witnesses.has(primitive));
  if (missing.length === 0) return witnesses;
  throw new ShapeworldError(
    "EASEL_SHAPEWORLD_PRIMITIVE_NOT_TRAINED",
    `the train part never shows ${missing.join(", ")}: change the salt of the split in split.ts`,
  );
}

function primitivesOf(kind: NamedKind): string[] {
  return [`colour ${kind.colour}`, `shape ${kind.shape}`, `kind ${kind.colour} ${kind.shape}`];
}
