// Files stay short enough to be read in one sitting: none over 600 lines; the median is reported against its aim of 120.

const limit = 600;
const medianAim = 120;

/** The number of lines of a text; a final newline does not begin another. */
export function countLines(text) {
  if (text === "") return 0;
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** The middle value; the mean of the two middle ones of an even count; 0 of none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Problems and a summary line for `{ path, text }` files. */
export function checkFileLength(files) {
  const lengths = files.map(({ path, text }) => ({ path, lines: countLines(text) }));
  const middle = median(lengths.map(({ lines }) => lines));
  const problems = lengths
    .filter(({ lines }) => lines > limit)
    .map(({ path, lines }) => `${path} has ${lines} lines; split it, the limit is ${limit}`);
  if (middle >= medianAim)
    problems.push(`the median file has ${middle} lines; the aim is below ${medianAim}`);
  const longest = Math.max(0, ...lengths.map(({ lines }) => lines));
  return { problems, summary: `${files.length} files, median ${middle} lines, longest ${longest}` };
}
