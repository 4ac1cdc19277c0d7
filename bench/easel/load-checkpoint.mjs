// Loading a checkpoint's decoder: the process's start, the library and the weights are what is timed.
import { loadJanus } from "@easel/janus";

export async function prepare({ checkpoint }) {
  return {
    async once() {
      await loadJanus(checkpoint, { parts: ["language", "image"] });
    },
    check: () => ({}),
  };
}
