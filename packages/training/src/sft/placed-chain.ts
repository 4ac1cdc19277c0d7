// A chain after its picture was placed in the model's square: boxes moved, lost ones taken out. Pure text.
import {
  BEGIN_OF_IMAGE,
  BOX_END,
  BOX_START,
  type Box,
  type ChainFaultCode,
  formatObject,
  OBJ_END,
  OBJ_START,
  parseChain,
} from "@easel/chain";

/** What {@link placedChain} finds. */
export type PlacedChain =
  | {
      readonly chain: string;
      /** Names whose boxes are no longer there; they stay as plain words. */
      readonly lost: readonly string[];
      /** Boxes that are left. */
      readonly boxes: number;
    }
  /** The chain was broken before anything moved. */
  | { readonly fault: ChainFaultCode };

const escaped = (text: string): string => text.replace(/[|()]/g, "\\$&");

/** A marked name, with the box that follows it directly if one does. Holds on chains without faults only. */
const markedName = new RegExp(
  `${escaped(OBJ_START)}([\\s\\S]*?)${escaped(OBJ_END)}(?:\\s*${escaped(BOX_START)}([\\s\\S]*?)${escaped(BOX_END)})?`,
  "g",
);

const harmless: ReadonlySet<ChainFaultCode> = new Set(["duplicated-object"]);

function corners(text: string): Box {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [...text.matchAll(/-?\d+/g)].map(([digits]) => Number(digits));
  return { x1, y1, x2, y2 };
}

const spaced = (name: string): string => name.trim().replace(/\s+/g, " ");

/**
 * Moves every box. An object whose box is lost keeps its name in the prose, without markers, so that the chain still reads
 * as a sentence and no longer plans it; so do later mentions of a name that has no box left.
 *
 * @param move the box in the new picture, or null where too little of it is shown
 * @returns the chain ending in `<begin_of_image>`, or the first fault of a broken one
 */
export function placedChain(chain: string, move: (box: Box) => Box | null): PlacedChain {
  const end = chain.indexOf(BEGIN_OF_IMAGE);
  const text = end < 0 ? chain : chain.slice(0, end);
  const fault = parseChain(text).faults.find(({ code }) => !harmless.has(code));
  if (fault !== undefined) return { fault: fault.code };

  const kept = new Set<string>();
  const lost = new Set<string>();
  let boxes = 0;
  const moved = text.replace(markedName, (whole: string, name: string, inside: string | undefined) => {
    if (inside === undefined) return whole;
    const box = move(corners(inside));
    if (box === null) {
      lost.add(spaced(name));
      return name;
    }
    kept.add(spaced(name));
    boxes++;
    return formatObject(name, box);
  });
  const gone = [...lost].filter((name) => !kept.has(name));
  const settled = moved.replace(markedName, (whole: string, name: string, inside: string | undefined) =>
    inside === undefined && gone.includes(spaced(name)) ? name : whole,
  );
  return { chain: `${settled.trimEnd()}${BEGIN_OF_IMAGE}`, lost: [...lost], boxes };
}
