// How late a timer fires while the engine works: what everything else in the process would have to wait.

const everyMs = 5;

/** Gaps are the milliseconds by which a 5 ms timer was late. */
export function watchEventLoop() {
  const gaps = [];
  let last = performance.now();
  let counting = false;
  const timer = setInterval(() => {
    const now = performance.now();
    if (counting) gaps.push(Math.max(0, now - last - everyMs));
    last = now;
  }, everyMs);
  return {
    start() {
      counting = true;
      last = performance.now();
    },
    stop() {
      counting = false;
    },
    /** `{ count, p50Ms, p99Ms, mostMs }`, or null when nothing was counted. */
    end() {
      clearInterval(timer);
      if (gaps.length === 0) return null;
      const sorted = gaps.sort((a, b) => a - b);
      const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
      return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) };
    },
  };
}
