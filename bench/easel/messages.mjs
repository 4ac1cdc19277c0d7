// The lines in which a measured process speaks: JSON behind a mark on standard output.

export const mark = "@bench ";

export function say(message) {
  process.stdout.write(`${mark}${JSON.stringify(message)}\n`);
}
