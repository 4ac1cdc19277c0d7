// A process that exports one checkpoint and reports its peak memory in bytes.
import { exportCheckpoint } from "@easel/janus";

const [source, out] = process.argv.slice(2);
await exportCheckpoint({ source, layout: "transformers", out });
process.send?.(process.resourceUsage().maxRSS * 1024, () => process.exit(0));
