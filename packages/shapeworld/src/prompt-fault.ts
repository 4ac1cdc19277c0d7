// Whether a value from outside, such as a message or a file, is a prompt of this world. Does not make prompts.
import { CATEGORIES, COLOURS, RELATIONS, SHAPES, SPLITS } from "./vocabulary.js";

const TEXTURE_NAMES = ["striped", "dotted"];
/** Twice what the world draws; strict success tries every order of alike objects. */
const MOST_OBJECTS = 8;

/** The first thing that is wrong with a prompt, or null. */
export function promptFault(value: unknown): string | null {
  if (!isRecord(value)) return "not an object";
  if (typeof value.text !== "string" || typeof value.key !== "string") return "text or key is not a string";
  if (!isOneOf(CATEGORIES, value.category)) return `unknown category ${JSON.stringify(value.category)}`;
  if (!isOneOf(SPLITS, value.split)) return `unknown split ${JSON.stringify(value.split)}`;
  const { objects, relations } = value;
  if (!Array.isArray(objects) || objects.length === 0) return "objects is not a list with entries";
  if (objects.length > MOST_OBJECTS) return `${objects.length} objects, more than ${MOST_OBJECTS}`;
  if (!Array.isArray(relations)) return "relations is not a list";
  for (const [index, object] of objects.entries()) {
    if (!isRecord(object)) return `object ${index} is not an object`;
    const known =
      (object.shape === undefined || isOneOf(SHAPES, object.shape)) &&
      (object.colour === undefined || isOneOf(COLOURS, object.colour)) &&
      (object.texture === undefined || isOneOf(TEXTURE_NAMES, object.texture));
    if (!known) return `object ${index} has an unknown attribute`;
  }
  for (const [index, relation] of relations.entries()) {
    const within = (at: unknown): boolean => Number.isInteger(at) && (at as number) in objects;
    if (!isRecord(relation) || !within(relation.a) || !within(relation.b) || relation.a === relation.b) {
      return `relation ${index} does not join two of the objects`;
    }
    if (!isOneOf(RELATIONS, relation.relation)) return `relation ${index} is unknown`;
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOneOf(names: readonly string[], value: unknown): boolean {
  return typeof value === "string" && names.includes(value);
}
