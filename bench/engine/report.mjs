// The benchmark's results as lines for people. Pure.

const number = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

function rate(tokensPerSecond) {
  if (tokensPerSecond === null) return "";
  return tokensPerSecond >= 1e4
    ? `${(tokensPerSecond / 1e3).toFixed(1)}k tokens/s`
    : `${tokensPerSecond.toFixed(0)} tokens/s`;
}

function ratioText(ratio) {
  if (ratio === null) return "";
  return `${number(ratio.median)} x the time (${number(ratio.least)} to ${number(ratio.most)})`;
}

function timeText(time) {
  if (time === null) return "";
  return `${number(time.median).padStart(7)} ms (${number(time.least)} to ${number(time.most)})`;
}

function rowLine(row) {
  const differs =
    row.agreement?.agrees === false
      ? `RESULTS DIFFER: ${row.agreement.kind} by ${number(row.agreement.difference)}`
      : "";
  return [
    `  ${row.text.padEnd(30)}`,
    timeText(row.timeMs).padEnd(30),
    ratioText(row.ratioToFirst).padEnd(34),
    rate(row.tokensPerSecond).padEnd(17),
    row.peakBytes === undefined ? "" : `${megabytes(row.peakBytes).padStart(8)} at most`,
    differs,
  ]
    .join(" ")
    .trimEnd();
}

const figureNames = {
  firstMs: (value) => `first call, traced and optimised: ${(value / 1000).toFixed(1)} s`,
  gapP99Ms: (value) => `the event loop waits ${number(value)} ms at the 99th percentile`,
  handlesGrown: (value) => `${value} native handles more`,
  tensorsGrown: (value) => `${value} tensors more`,
  residentGrownBytes: (value) => `${(value / 1e6).toFixed(1)} MB more resident memory`,
};

const limitText = {
  firstMs: (n) => `${n / 1000} s`,
  gapP99Ms: (n) => `${n} ms`,
  residentGrownBytes: megabytes,
};

function goalLine(goal, rows) {
  const verdict = goal.met === null ? "not measured" : goal.met ? "met" : "MISSED";
  if (goal.kind === "ratio") {
    const text = rows.find(({ name }) => name === goal.variant)?.text ?? goal.variant;
    const found = goal.value === null ? "" : `${number(goal.value)}, `;
    return `  goal: ${text} takes at least ${goal.atLeast} x as long: ${found}${verdict}`;
  }
  if (goal.kind === "memory") {
    const text = rows.find(({ name }) => name === goal.variant)?.text ?? goal.variant;
    const found = goal.value === null ? "" : `${number(goal.value)} of it, `;
    return `  goal: at most the memory of ${text}: ${found}${verdict}`;
  }
  const text = goal.value === null ? goal.figure : figureNames[goal.figure](goal.value);
  return `  goal: ${text}, at most ${(limitText[goal.figure] ?? String)(goal.atMost)}: ${verdict}`;
}

/** Lines of one case. */
export function caseLines({ title, rows, goals }) {
  return [title, ...rows.map(rowLine), ...goals.map((goal) => goalLine(goal, rows)), ""];
}

/** The last line: how many goals are met, missed, not measured; without goals, how many cases were run. */
export function summaryLine(results) {
  const goals = results.flatMap((result) => result.goals ?? []);
  if (goals.length === 0) return `${results.length} cases`;
  const count = (met) => goals.filter((goal) => goal.met === met).length;
  return `${count(true)} goals met, ${count(false)} missed, ${count(null)} not measured`;
}

/** Whether any result is wrong, or a case failed. */
export function isBroken(results) {
  return results.some(
    ({ error, rows = [] }) =>
      error !== undefined || rows.some(({ agreement }) => agreement?.agrees === false),
  );
}
