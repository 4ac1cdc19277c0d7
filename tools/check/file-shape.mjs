// Every source begins by saying what it is, and no file or folder is named for holding this and that.

const emptyNames = /(^|\/)(utils?|common|helpers?|misc)(\.[a-z.]+)?(\/|$)/;

/** Problems of `{ path, text }` sources. */
export function checkFileShape(files) {
  const problems = [];
  for (const { path, text } of files) {
    if (emptyNames.test(path)) problems.push(`${path}: the name does not say what it holds`);
    const first = text.startsWith("#!") ? (text.split("\n")[1] ?? "") : (text.split("\n")[0] ?? "");
    if (!/^(\/\/|\/\*|#|""")/.test(first))
      problems.push(`${path}: the first line should say what the file is`);
  }
  return { problems, summary: `${files.length} sources say what they are` };
}
