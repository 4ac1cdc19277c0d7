// Orders and filters of a page's prompts without a script: radio buttons, and CSS that places each card by the order that
// is chosen. Every card carries its place in each of the orders.
import { skillNames } from "../measure-names.js";
import type { ComparedPrompt } from "./compared-prompts.js";

const orders = {
  prompt: "as in the prompt set",
  change: "largest change first",
  gain: "largest gain first",
  loss: "largest loss first",
} as const;

type Order = keyof typeof orders;
const orderNames = Object.keys(orders) as readonly Order[];

/** The buttons themselves; they must stand before every section that they order, as its siblings. */
export const orderInputs: string = [
  ...orderNames.map((name, index) => input("order", name, index === 0)),
  ...["all", ...skillNames].map((name, index) => input("skill", name, index === 0)),
].join("");

/** What the reader presses. */
export const orderLabels: string =
  `<div class="orders"><span>${orderNames.map((name) => label("order", name, orders[name])).join("")}</span>` +
  `<span>${["all", ...skillNames].map((name) => label("skill", name, name === "all" ? "all skills" : name)).join("")}</span></div>`;

/** Places of the cards in each order, as the value of a `style` attribute, by the prompts' own positions. */
export function placesOf(prompts: readonly ComparedPrompt[]): readonly string[] {
  const ranks: Readonly<Record<Order, readonly number[]>> = {
    prompt: prompts.map((_, index) => index),
    change: ranked(prompts.map(({ change }) => -Math.abs(change))),
    gain: ranked(prompts.map(({ change }) => -change)),
    loss: ranked(prompts.map(({ change }) => change)),
  };
  return prompts.map((_, index) =>
    orderNames.map((name) => `--${name}:${ranks[name][index] ?? index}`).join(";"),
  );
}

/** Rank of each value in rising order; equal values keep their order. */
function ranked(values: readonly number[]): readonly number[] {
  const sorted = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (const [rank, { index }] of sorted.entries()) ranks[index] = rank;
  return ranks;
}

function input(group: string, name: string, chosen: boolean): string {
  return `<input class="choice" type="radio" name="${group}" id="${group}-${name}"${chosen ? " checked" : ""}>`;
}

function label(group: string, name: string, text: string): string {
  return `<label for="${group}-${name}">${text}</label>`;
}

const chosen = [
  ...orderNames.map((name) => `order-${name}`),
  ...["all", ...skillNames].map((name) => `skill-${name}`),
];

/** Goes after the page's own style. */
export const orderStyle = `
.choice { position: absolute; opacity: 0; pointer-events: none; }
.orders { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 6px 22px; padding: 8px 0; margin: 8px 0 14px;
  background: var(--page); border-bottom: 1px solid var(--rule); }
.orders label { display: inline-block; padding: 2px 9px; border-radius: 12px; font-size: 13px; color: var(--muted); cursor: pointer; }
.orders label:hover { color: var(--ink); }
${chosen.map((id) => `#${id}:checked ~ section label[for="${id}"]`).join(", ")} { background: var(--main); color: var(--page); }
${chosen.map((id) => `#${id}:focus-visible ~ section label[for="${id}"]`).join(", ")} { outline: 2px solid var(--second); outline-offset: 2px; }
${orderNames.map((name) => `#order-${name}:checked ~ section .sample { order: var(--${name}); }`).join("\n")}
${skillNames.map((name) => `#skill-${name}:checked ~ section .sample:not([data-skill="${name}"]) { display: none; }`).join("\n")}
.change { float: right; font-variant-numeric: tabular-nums; } .sample details { margin: 10px 0 0; } .sample details .pair { margin-top: 10px; }
.models { margin: 10px 0; } .models td { white-space: normal; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
@media print { .orders { display: none; } }
`;
