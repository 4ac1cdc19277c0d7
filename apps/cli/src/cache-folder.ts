// Where the user's caches are. Set-up keeps what it fetches in the same place.
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** `EASEL_CACHE_DIR`, else `XDG_CACHE_HOME/easel`, else `~/.cache/easel`. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>, home = homedir()): string {
  if (env.EASEL_CACHE_DIR) return env.EASEL_CACHE_DIR;
  const base = env.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(home, ".cache"), "easel");
}
