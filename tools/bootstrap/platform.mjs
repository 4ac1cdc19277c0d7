// Which row of the pinned wheels fits this machine. Pure, but for reading the C library's version.

/** "linux-x64", "linux-musl-arm64", "darwin-arm64" and so on. */
export function platformKey({ platform, arch, glibc }) {
  return platform === "linux" && glibc === null ? `linux-musl-${arch}` : `${platform}-${arch}`;
}

/** This machine, as `platformKey` wants it. `glibc` is null under musl and on other systems. */
export function thisPlatform() {
  const glibc =
    process.platform === "linux" ? process.report.getReport().header.glibcVersionRuntime : undefined;
  return { platform: process.platform, arch: process.arch, glibc: glibc ?? null };
}

/** Negative, zero or positive, comparing dotted numbers; what follows the numbers ("-beta.1") is ignored. */
export function compareVersions(a, b) {
  const numbers = (version) => version.replace(/^v/, "").split("-")[0].split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The wheel for a machine out of a table, or the reason why there is none. */
export function selectWheel(table, machine) {
  const key = platformKey(machine);
  const wheel = table[key];
  if (wheel === undefined) return { wheel: null, reason: `no wheel is published for ${key}` };
  if (wheel.minimumGlibc && compareVersions(machine.glibc, wheel.minimumGlibc) < 0) {
    return {
      wheel: null,
      reason: `the wheel needs glibc ${wheel.minimumGlibc}, this system has ${machine.glibc}`,
    };
  }
  return { wheel, reason: null };
}
