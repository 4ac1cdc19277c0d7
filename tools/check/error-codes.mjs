// Every error code in the sources is explained in docs/errors.md, and everything explained there exists.
// docs/errors.md is assembled from docs/errors/<package>.md; environment variables, which look alike, are in
// docs/environment.md.

const codePattern = /\bEASEL_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g;

// A code whose end is filled in: `EASEL_ENGINE_SAFETENSORS_${what}`.
const openPattern = /\bEASEL_[A-Z0-9_]+_(?=\$\{)/g;

/** The distinct codes in a text, sorted. */
export const codesIn = (text) => [...new Set(text.match(codePattern) ?? [])].sort();

/** The text of docs/errors.md out of its parts `{ path, text }`. */
export function assembleErrors(parts) {
  const sections = [...parts]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, text }) => {
      const name = path.replace(/^.*\//, "").replace(/\.md$/, "");
      const body = text.replace(/^# .*\n+/, "").replace(/^(#+) /gm, "#$1 ");
      return `## ${name}\n\n${body.trim()}\n`;
    });
  const head = [
    "# Error codes",
    "",
    "Every error of Easel carries a stable `code` and says whether trying again can help (`retryable`). This page is assembled from",
    "`docs/errors/` by `npm run check -- --write`; edit the parts.",
    "",
  ];
  return `${head.join("\n")}\n${sections.join("\n")}`;
}

/**
 * @param {{ path: string, text: string }[]} sources programs, without tests.
 * @param {string} errors docs/errors.md
 * @param {string} environment docs/environment.md
 */
export function checkErrorCodes(sources, errors, environment) {
  const problems = [];
  const explained = new Set(codesIn(errors));
  const variables = new Set(codesIn(environment));
  const used = new Set();
  const open = [];
  for (const { path, text } of sources) {
    open.push(...(text.match(openPattern) ?? []));
    for (const code of codesIn(text)) {
      const known = used.has(code) || explained.has(code) || variables.has(code);
      used.add(code);
      if (known) continue;
      problems.push(`${path}: ${code} is in neither docs/errors/<package>.md nor docs/environment.md`);
    }
  }
  for (const code of explained) {
    if (used.has(code) || open.some((start) => code.startsWith(start))) continue;
    problems.push(`docs/errors: ${code} is explained, but no source has it`);
  }
  for (const name of variables) {
    if (!used.has(name)) problems.push(`docs/environment.md: ${name} is explained, but no source reads it`);
  }
  return {
    problems,
    summary: `${explained.size} error codes and ${variables.size} variables, all explained`,
  };
}
