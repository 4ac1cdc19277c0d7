// Large pages for the heaps of processes that compute: glibc reads the wish when a process starts, so whoever starts one says it.
// Where the C library or the kernel knows nothing of it, nothing changes. Results do not depend on it.

const VARIABLE = "GLIBC_TUNABLES";
const SETTING = "glibc.malloc.hugetlb";

/**
 * The environment with transparent huge pages asked for, unless the user has said something about them. Tensors come and go by the
 * megabyte: with small pages a fifth of the time of decoding goes into faults and address look-ups.
 */
export function withLargePages(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const asked = env[VARIABLE] ?? "";
  if (asked.includes(SETTING)) return env;
  const settings = asked === "" ? [] : [asked];
  return { ...env, [VARIABLE]: [...settings, `${SETTING}=1`].join(":") };
}
