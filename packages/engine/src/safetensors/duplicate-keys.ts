// Finds a key that occurs twice in one JSON object, which JSON.parse hides by keeping the last. Not a JSON validator:
// run it on text that JSON.parse accepted.

/** The first key given twice in the same object of `json`, or undefined. Keys are compared after unescaping. */
export function findDuplicateKey(json: string): string | undefined {
  const scopes: Set<string>[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;
  for (const match of json.matchAll(token)) {
    const text = match[0];
    if (text === "{") scopes.push(new Set());
    else if (text === "}") scopes.pop();
    else if (match[1] !== undefined) {
      const key = String(JSON.parse(text.slice(0, text.length - match[1].length)));
      const scope = scopes.at(-1);
      if (scope?.has(key)) return key;
      scope?.add(key);
    }
  }
  return undefined;
}
