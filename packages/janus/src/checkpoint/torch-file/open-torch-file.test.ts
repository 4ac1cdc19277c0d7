// Files that PyTorch 2.15.0 wrote (fixtures/torch-files/make_torch_files.py), and hostile ones.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, readSafetensors } from "@easel/engine";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JanusError } from "../../errors.js";
import { readWeight } from "../source/stored-weight.js";
import { openTorchFile } from "./open-torch-file.js";
import { readPickle } from "./read-pickle.js";

const files = new URL("../../../fixtures/torch-files/", import.meta.url).pathname;
let folder: string;
let expected: ReadonlyMap<string, HostTensor>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-torch-"));
  expected = (await readSafetensors(join(files, "expected.safetensors"))).tensors;
});
afterAll(() => rm(folder, { recursive: true }));

async function readAll(path: string): Promise<Map<string, HostTensor>> {
  const { weights, close } = await openTorchFile(path);
  const read = new Map<string, HostTensor>();
  for (const weight of weights) read.set(weight.name, await readWeight(weight));
  await close();
  return read;
}

describe("a file of torch.save", () => {
  it.each(["ordered.bin", "protocol-4.pt", "nested.pt"])("%s gives PyTorch's tensors", async (file) => {
    const read = await readAll(join(files, file));
    expect([...read.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, tensor] of expected) expect(read.get(name), name).toEqual(tensor);
  });

  it("that holds a module's state_dict gives its weights", async () => {
    const read = await readAll(join(files, "state-dict.bin"));
    expect(read.get("weight")).toMatchObject({ dtype: "F32", shape: [1, 2] });
    expect(new Float32Array(read.get("weight")!.bytes.slice().buffer)).toEqual(Float32Array.of(0.5, -0.25));
    expect(new Float32Array(read.get("bias")!.bytes.slice().buffer)).toEqual(Float32Array.of(3));
  });

  it("is read in pieces, turned or not", async () => {
    const { weights, close } = await openTorchFile(join(files, "ordered.bin"));
    for (const weight of weights) {
      const pieces: number[] = [];
      for (let at = 0; at < weight.sizeBytes; at += 7) pieces.push(...(await weight.readPart(at, at + 7)));
      expect(pieces, weight.name).toEqual([...(expected.get(weight.name)?.bytes ?? [])]);
    }
    await close();
  });
});

describe("what is refused, by name", () => {
  it.each([
    { file: "command.pt", code: "EASEL_JANUS_PICKLE_REFUSED", message: /"posix\.system"/ },
    {
      file: "module.pt",
      code: "EASEL_JANUS_PICKLE_REFUSED",
      message: /"torch\.nn\.modules\.linear\.Linear"/,
    },
    { file: "legacy.pt", code: "EASEL_JANUS_TORCH_FILE", message: /before PyTorch 1\.6/ },
    { file: "make_torch_files.py", code: "EASEL_JANUS_TORCH_FILE", message: /no ZIP archive/ },
  ])("$file", async ({ file, code, message }) => {
    const failure = await openTorchFile(join(files, file)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, retryable: false });
    expect(String(failure)).toMatch(message);
  });

  it.each([
    { what: "a name of Python's own", pickle: "\x80\x02cbuiltins\neval\n.", says: /"builtins\.eval"/ },
    {
      what: "a name put together on the stack",
      pickle: "\x80\x04\x8c\x02os\x8c\x06system\x93.",
      says: /"os\.system"/,
    },
    {
      what: "a name inside an allowed module",
      pickle: "\x80\x02ctorch._utils\n_import_dotted_name\n.",
      says: /_import_dotted_name/,
    },
    { what: "an old way to make an object", pickle: "\x80\x02(ios\nsystem\n.", says: /operation 0x69/ },
    { what: "a call of a text", pickle: "\x80\x02X\x01\x00\x00\x00a)R.", says: /a call of a string/ },
    { what: "a storage that is none", pickle: "\x80\x02)Q.", says: /no storage of numbers/ },
    { what: "a registered extension", pickle: "\x80\x02\x82\x01.", says: /operation 0x82/ },
  ])("$what", ({ pickle, says }) => {
    const bytes = Uint8Array.from(pickle, (letter) => letter.charCodeAt(0));
    expect(() => readPickle(bytes, "a file")).toThrow(says);
  });

  it("a tensor that claims more than its storage holds", async () => {
    const bytes = await readFile(join(files, "ordered.bin"));
    // f32: offset 0, shape (4, 6), strides (6, 1) as K bytes of the pickle.
    const claim = Buffer.from("K\x00K\x04K\x06\x86", "latin1");
    const at = bytes.indexOf(claim);
    expect(at).toBeGreaterThan(0);
    for (const [position, value] of [
      [1, 200],
      [3, 250],
      [5, 7],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[at + position] = value;
      const path = join(folder, `claim-${position}.bin`);
      await writeFile(path, changed);
      await expect(openTorchFile(path)).rejects.toThrow(/"f32" .* does not fit its storage of 24 elements/);
    }
  });
});

describe("whatever the bytes", () => {
  const fails = (error: unknown): void => {
    if (!(error instanceof JanusError)) throw error;
  };

  it("a pickle is read or refused with a code, never run and never a crash", () => {
    const codes = [...")}](.NKMJXcRQbsetu\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95qhrj"].map((c) =>
      c.charCodeAt(0),
    );
    const operation = fc.oneof(
      fc.constantFrom(...codes).map((code) => Buffer.of(code)),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          "collections\nOrderedDict\n",
          "torch._utils\n_rebuild_tensor_v2\n",
          "torch\nFloatStorage\n",
        )
        .map((name) => Buffer.from(`c${name}`)),
      fc
        .constantFrom("storage", "0", "cpu")
        .map((text) => Buffer.from(`\x8c${String.fromCharCode(text.length)}${text}`, "latin1")),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (parts) => {
        try {
          readPickle(Buffer.concat([Buffer.of(0x80, 2), ...parts, Buffer.of(0x2e)]), "a file");
        } catch (error) {
          fails(error);
        }
      }),
      { numRuns: 4_000 },
    );
  });

  it("a damaged file is read or refused with a code, and what it gives is no larger than the file", async () => {
    const whole = await readFile(join(files, "protocol-4.pt"));
    const path = join(folder, "damaged.pt");
    const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat(whole.length), { nil: whole.length, freq: 3 }),
        async (changes, length) => {
          const bytes = Buffer.from(whole);
          for (const { at, value } of changes) bytes[at] = value;
          await writeFile(path, bytes.subarray(0, length));
          try {
            for (const [, tensor] of await readAll(path)) {
              expect(tensor.bytes.length).toBeLessThanOrEqual(whole.length);
            }
          } catch (error) {
            fails(error);
          }
        },
      ),
      { numRuns: 250 },
    );
  });
});
