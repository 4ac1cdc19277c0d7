// A YAML text as a value, with the line of each key for messages. Custom tags and merge keys are not followed.
import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "./errors.js";

export type YamlSource = { readonly value: unknown; lineOf(path: readonly string[]): number | null };

/**
 * Reads one YAML document.
 * @param name how messages call the text, usually the file.
 * @throws ConfigError `EASEL_CONFIG_SYNTAX` with the line.
 */
export function readYaml(text: string, name: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new ConfigError(
      "EASEL_CONFIG_SYNTAX",
      `${name}:${line}:${col}: not valid YAML: ${fault.message}. Correct that line.`,
    );
  }
  return {
    value: unfold(document, name),
    lineOf: (path) => {
      const offset = offsetOf(document.contents, path);
      return offset === null ? null : lines.linePos(offset).line;
    },
  };
}

// At most 100 aliases: a few lines of YAML can otherwise unfold into gigabytes.
function unfold(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new ConfigError(
      "EASEL_CONFIG_SYNTAX",
      `${name}: its aliases unfold to too much. Write the settings out.`,
      { cause },
    );
  }
}

function offsetOf(root: unknown, path: readonly string[]): number | null {
  let node = root;
  let offset: number | null = null;
  for (const name of path) {
    if (!isMap(node)) return offset;
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === name,
    );
    if (pair === undefined) return null;
    offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null;
    node = pair.value;
  }
  return offset;
}
