// Words that do not belong in a published repository: paths of one machine, registry hosts, unfinished-work marks.

// Spelled in pieces, so that this file passes its own rule.
const join = (...pieces) => pieces.join("");
const rules = [
  {
    name: "a path of one machine",
    pattern: new RegExp(join("(^|[\\s\"'`(=:])/(", "work|tmp|root|home/[a-z]+", ")/[\\w.-]"), "m"),
  },
  { name: "a folder outside the repository", pattern: new RegExp(join("\\.\\./", "shared\\b")) },
  {
    name: "a registry's host",
    pattern: new RegExp(
      join("\\b(", "pypi\\.org|pythonhosted\\.org|registry\\.npm", "js|proxy\\.golang\\.org)"),
    ),
  },
  {
    name: "a mark of unfinished work",
    pattern: new RegExp(join("\\b(TO", "DO|FIX", "ME|XX", "X|HA", "CK)\\b")),
  },
  { name: "a mark of unfinished work", pattern: new RegExp(join("\\bnot ", "implemented\\b"), "i") },
];

/** Problems of `{ path, text }` files, with the line. */
export function checkLooseWords(files) {
  const problems = [];
  for (const { path, text } of files) {
    for (const { name, pattern } of rules) {
      const found = pattern.exec(text);
      if (found === null) continue;
      const line = text.slice(0, found.index).split("\n").length;
      problems.push(`${path}:${line}: ${name}: ${found[0].trim()}`);
    }
  }
  return { problems, summary: `${files.length} texts without loose words` };
}
