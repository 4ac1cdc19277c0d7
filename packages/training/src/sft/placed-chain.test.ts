// Chains after cropping: still chains, without the objects that are no longer there.
import { type Box, formatObject, parseChain } from "@easel/chain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placedChain } from "./placed-chain.js";

const cup: Box = { x1: 10, y1: 20, x2: 300, y2: 400 };
const vase: Box = { x1: 500, y1: 20, x2: 900, y2: 990 };
const chain = `A ${formatObject("red cup", cup)} stands left of a ${formatObject("vase", vase)}. The <|obj_start|>red cup<|obj_end|> is full.`;

describe("placedChain", () => {
  it("moves boxes, keeps the prose and ends in begin-of-image", () => {
    const shifted = { x1: 1, y1: 2, x2: 30, y2: 40 };
    const placed = placedChain(chain, (box) => (box.x1 === cup.x1 ? shifted : box));
    expect(placed).toEqual({
      chain: `A ${formatObject("red cup", shifted)} stands left of a ${formatObject("vase", vase)}. The <|obj_start|>red cup<|obj_end|> is full.<begin_of_image>`,
      lost: [],
      boxes: 2,
    });
  });

  it("turns what lost its box into plain words, wherever it is named", () => {
    const placed = placedChain(chain, (box) => (box.x1 === cup.x1 ? null : box));
    expect(placed).toEqual({
      chain: `A red cup stands left of a ${formatObject("vase", vase)}. The red cup is full.<begin_of_image>`,
      lost: ["red cup"],
      boxes: 1,
    });
  });

  it("keeps the other one of two objects with the same name", () => {
    const twice = `${formatObject("cup", cup)} and ${formatObject("cup", vase)}`;
    const placed = placedChain(twice, (box) => (box.x1 === cup.x1 ? null : box));
    expect(placed).toMatchObject({ chain: `cup and ${formatObject("cup", vase)}<begin_of_image>`, boxes: 1 });
  });

  it("names the fault of a broken chain", () => {
    const broken: readonly (readonly [string, string])[] = [
      ["<|obj_start|>cup<|obj_end|> <|box_start|>(1,2),(3)<|box_end|>", "malformed-box"],
      ["<|obj_start|>cup<|obj_end|> <|box_start|>(1,2),(3,1000)<|box_end|>", "out-of-range"],
      ["<|obj_start|>cup<|obj_end|> <|box_start|>(9,2),(3,8)<|box_end|>", "corners-out-of-order"],
      ["<|obj_start|>cup <|box_start|>(1,2),(3,8)<|box_end|>", "unclosed-object"],
      ["<|box_start|>(1,2),(3,8)<|box_end|>", "box-without-object"],
    ];
    for (const [text, fault] of broken) expect(placedChain(text, (box) => box)).toEqual({ fault });
  });

  it("leaves chains without faults, whatever is lost", () => {
    const name = fc.constantFrom("cup", "old vase", "a<b", "tree (left)");
    const objects = fc.array(fc.tuple(name, fc.constantFrom(cup, vase), fc.boolean()), { minLength: 1 });
    fc.assert(
      fc.property(objects, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (list, keep) => {
        const text = list
          .map(([n, box, mentioned]) => `${formatObject(n, box)} and${mentioned ? ` the ${n}` : ""} `)
          .join("");
        let at = 0;
        const placed = placedChain(text, (box) => (keep[at++ % keep.length] === true ? box : null));
        if ("fault" in placed) throw new Error(placed.fault);
        const { objects: left, faults } = parseChain(placed.chain);
        expect(faults.filter(({ code }) => code !== "duplicated-object")).toEqual([]);
        expect(left.length).toBe(placed.boxes);
        expect(placed.lost.length === 0).toBe(placed.boxes === list.length);
      }),
    );
  });
});
