// Checkpoint folders that nobody should have written, in every kind of file: each is refused by name, and none takes memory
// for what it only claims to hold. The peak is the system's own figure for this process.
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, startEngine } from "@easel/engine";
import { exportCheckpoint, loadJanus } from "@easel/janus";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tinyCheckpoint, towerCheckpoint } from "./tiny-checkpoint.js";
import { writeTorchArchive } from "./torch-archive.js";

const allowanceBytes = 100e6;
let root: string;
let tiny: string;
let folder: string;
let count = 0;

beforeAll(async () => {
  await startEngine();
  root = await mkdtemp(join(tmpdir(), "easel-hostile-"));
  tiny = await tinyCheckpoint(join(root, "tiny"));
  // Whatever a first load sets up is no part of what is measured.
  await loadJanus(tiny, { imageSize: 64 });
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  count += 1;
  folder = join(root, `case-${count}`);
  await cp(tiny, folder, { recursive: true });
});

async function status(key: string): Promise<number> {
  const found = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(await readFile("/proc/self/status", "utf8"));
  return 1024 * Number(found?.[1]);
}

/** The error of a load or an export, and how far memory rose above what it was. */
async function refused(
  work: () => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly riseBytes: number }> {
  await writeFile("/proc/self/clear_refs", "5");
  const before = await status("VmRSS");
  const error = await work().then(
    () => null,
    (failure: unknown) => failure,
  );
  return { error, riseBytes: (await status("VmHWM")) - before };
}

/** A safetensors file with one tensor described so, and no data. */
async function safetensorsOf(entry: unknown, statedLength?: bigint): Promise<void> {
  const header = Buffer.from(JSON.stringify({ "language_model.model.embed_tokens.weight": entry }));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(statedLength ?? BigInt(header.length));
  await writeFile(join(folder, "model.safetensors"), Buffer.concat([prefix, header]));
}

async function configOf(change: (config: Record<string, Record<string, unknown>>) => void): Promise<void> {
  const path = join(folder, "config.json");
  const config = JSON.parse(await readFile(path, "utf8"));
  change(config);
  await writeFile(path, JSON.stringify(config));
}

/** The torch file of the reference model with some text of it replaced by as many bytes. */
async function torchWith(change: (bytes: Buffer) => void): Promise<void> {
  const { tensors } = await readSafetensors(join(tiny, "model.safetensors"));
  const path = join(folder, "pytorch_model.bin");
  await rm(join(folder, "model.safetensors"));
  await writeTorchArchive(path, tensors);
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
}

type Case = { readonly what: string; readonly make: () => Promise<void>; readonly code: RegExp };

const huge = 2 ** 40;
const cases: readonly Case[] = [
  {
    what: "a header length of 99 MB in a small file",
    make: () => safetensorsOf({}, 99_000_000n),
    code: /SAFETENSORS_HEADER_LENGTH/,
  },
  {
    what: "a header of spaces that is longer than any",
    make: async () => {
      await safetensorsOf({}, 4_000_000_000n);
      await truncate(join(folder, "model.safetensors"), 5_000_000_000);
    },
    code: /SAFETENSORS_HEADER_LENGTH/,
  },
  {
    what: "a weight of 4 TB",
    make: () => safetensorsOf({ dtype: "F32", shape: [huge], data_offsets: [0, 4 * huge] }),
    code: /SAFETENSORS_TRUNCATED/,
  },
  {
    what: "a weight whose size overflows",
    make: () => safetensorsOf({ dtype: "F32", shape: [huge, huge], data_offsets: [0, 4] }),
    code: /SAFETENSORS_SHAPE/,
  },
  {
    what: "a dtype that does not exist",
    make: () => safetensorsOf({ dtype: "F4096", shape: [1], data_offsets: [0, 4] }),
    code: /SAFETENSORS_DTYPE/,
  },
  {
    what: "a shard index that points outside",
    make: async () => {
      await rm(join(folder, "model.safetensors"));
      const index = { weight_map: { x: "../tiny/model.safetensors" } };
      await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
    },
    code: /SHARD_INDEX/,
  },
  {
    what: "a config with a billion layers",
    make: () =>
      configOf(({ language_config }) => Object.assign(language_config ?? {}, { num_hidden_layers: 1e9 })),
    code: /CONFIG_INVALID/,
  },
  {
    what: "a config with a billion blocks in the codec",
    make: () =>
      configOf(({ gen_vision_config }) =>
        Object.assign(gen_vision_config?.params ?? {}, { num_res_blocks: 1e9 }),
      ),
    code: /CONFIG_INVALID/,
  },
  {
    what: "a config for a vocabulary of billions",
    make: () => configOf(({ language_config }) => Object.assign(language_config ?? {}, { vocab_size: 4e9 })),
    code: /CHECKPOINT_MISMATCH/,
  },
  {
    what: "a config.json of 8 GB",
    make: () => truncate(join(folder, "config.json"), 8 * 2 ** 30),
    code: /CHECKPOINT_UNREADABLE/,
  },
  {
    what: "a tokenizer.json of 8 GB",
    make: () => truncate(join(folder, "tokenizer.json"), 8 * 2 ** 30),
    code: /TOKENIZER_INVALID/,
  },
  {
    what: "a PyTorch file cut in half",
    make: async () => {
      await torchWith(() => undefined);
      await truncate(join(folder, "pytorch_model.bin"), 100_000);
    },
    code: /TORCH_FILE/,
  },
  {
    what: "a PyTorch file whose list of records claims 60 MB",
    make: () =>
      torchWith((bytes) => {
        bytes.writeUInt32LE(60_000_000, bytes.length - 10);
      }),
    code: /TORCH_FILE/,
  },
  {
    what: "a PyTorch file whose pickle claims 4 GB",
    make: () =>
      torchWith((bytes) => {
        const entry = bytes.lastIndexOf("PK\x01\x02", bytes.lastIndexOf("archive/data.pkl"));
        bytes.writeUInt32LE(0xfffffff0, entry + 20);
        bytes.writeUInt32LE(0xfffffff0, entry + 24);
      }),
    code: /TORCH_FILE/,
  },
  {
    what: "a PyTorch file that would run a command",
    make: () =>
      torchWith((bytes) => {
        bytes.write("cos\nsystem12345678\n", bytes.indexOf("ccollections\nOrdere"));
      }),
    code: /PICKLE_REFUSED/,
  },
  {
    what: "a PyTorch file with a tensor of 2 billion elements",
    make: () =>
      torchWith((bytes) => {
        const rows = Buffer.concat([Buffer.from("(J"), Buffer.of(0, 2, 0, 0)]);
        const at = bytes.indexOf(rows, bytes.indexOf("embed_tokens.weight"));
        bytes.writeInt32LE(2_000_000_000, at + 2);
      }),
    code: /TORCH_FILE/,
  },
];

describe.skipIf(process.platform !== "linux")("a checkpoint with", () => {
  it.each(cases)("$what is refused by name, at the cost of a refusal", async ({ make, code }) => {
    await make();
    const { error, riseBytes } = await refused(() => loadJanus(folder, { imageSize: 64 }));
    expect(error).toMatchObject({ code: expect.stringMatching(code), retryable: false });
    expect(riseBytes).toBeLessThan(allowanceBytes);
  });

  it("a tower whose only block has a high number is exported with one block, not with all up to there", async () => {
    const source = await towerCheckpoint(join(root, "tower"));
    const path = join(source, "model.safetensors");
    const bytes = await readFile(path);
    const text = bytes.toString("latin1").replaceAll(".blocks.0.", ".blocks.9.");
    await writeFile(path, Buffer.from(text, "latin1"));
    const { error, riseBytes } = await refused(() =>
      exportCheckpoint({ source, layout: "original", out: join(root, "tower-out") }),
    );
    expect(error).toBeNull();
    expect(riseBytes).toBeLessThan(allowanceBytes);
  });
});
