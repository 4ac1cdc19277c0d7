// One sample's picture with its planned boxes over it, and its chain as readable HTML.
import { BEGIN_OF_IMAGE } from "@easel/chain";
import type { StoredSample } from "../sample-record.js";
import { escapeHtml, pngUri } from "./html.js";

/** Outlines in turn: none of the world's own colours, all dark enough for a white canvas. */
const outlines = ["#c2006e", "#007a7a", "#6b4423", "#3a3a3a", "#4b3bc4"] as const;

const outlineOf = (index: number): string => outlines[index % outlines.length] ?? outlines[0];

const textSize = 44;

/** The picture with boxes and names, in the plan's own units; as wide as its container. */
export function planSvg({ record, png }: StoredSample): string {
  // Each axis of a plan goes to 1000 whatever the picture's sides are.
  const tall = (1000 * record.height) / record.width;
  const y = (value: number): number => Math.round((value / 1000) * tall);
  const boxes = record.plan.flatMap(({ name, box }, index) => {
    if (box === null) return [];
    const colour = outlineOf(index);
    const [boxTop, boxBottom] = [y(box.y1), y(box.y2)];
    // Above the box, or inside it where there is no room above.
    const baseline = boxTop >= textSize + 8 ? boxTop - 10 : boxTop + textSize;
    const wide = name.length * textSize * 0.56;
    const start = Math.max(6, Math.min(box.x1 + 4, 994 - wide));
    return [
      `<rect x="${box.x1}" y="${boxTop}" width="${box.x2 - box.x1}" height="${boxBottom - boxTop}" fill="none" stroke="#fff" stroke-width="14" opacity="0.75"/>`,
      `<rect x="${box.x1}" y="${boxTop}" width="${box.x2 - box.x1}" height="${boxBottom - boxTop}" fill="none" stroke="${colour}" stroke-width="6"/>`,
      `<text x="${start.toFixed(0)}" y="${baseline}" font-size="${textSize}" fill="${colour}" stroke="#fff" stroke-width="10" paint-order="stroke" stroke-linejoin="round">${escapeHtml(name)}</text>`,
    ];
  });
  const label = `${record.prompt}: picture with ${record.plan.length} planned objects`;
  return (
    `<svg class="picture" viewBox="0 0 1000 ${tall.toFixed(0)}" role="img" aria-label="${escapeHtml(label)}">` +
    `<image href="${pngUri(png)}" width="1000" height="${tall.toFixed(0)}" preserveAspectRatio="none"/>${boxes.join("")}</svg>`
  );
}

const object = /<\|obj_start\|>([\s\S]*?)<\|obj_end\|>/g;
const box = /<\|box_start\|>([\s\S]*?)<\|box_end\|>/g;

/** The chain with names in their boxes' colours and boxes as small numbers. What is malformed stays as it was written. */
export function chainHtml(record: StoredSample["record"]): string {
  const text = record.chain.split(BEGIN_OF_IMAGE)[0]?.trim() ?? "";
  const colours = new Map<string, string[]>();
  record.plan.forEach(({ name, box: place }, index) => {
    if (place !== null) colours.set(name, [...(colours.get(name) ?? []), outlineOf(index)]);
  });
  const cuts = [...text.matchAll(object), ...text.matchAll(box)].sort((a, b) => a.index - b.index);
  let html = "";
  let at = 0;
  for (const cut of cuts) {
    if (cut.index < at) continue;
    html += escapeHtml(text.slice(at, cut.index));
    const inside = (cut[1] ?? "").trim();
    if (cut[0].startsWith("<|obj")) {
      const colour = colours.get(inside)?.shift();
      const swatch = colour === undefined ? "" : `<i class="swatch" style="background:${colour}"></i>`;
      html += `<b>${swatch}${escapeHtml(inside)}</b>`;
    } else {
      html += `<small>${escapeHtml(inside)}</small>`;
    }
    at = cut.index + cut[0].length;
  }
  return html + escapeHtml(text.slice(at));
}
