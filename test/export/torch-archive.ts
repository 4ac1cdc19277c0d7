// Writes tensors as an archive of the form that torch.save gives a state dict, to make checkpoints of any size for tests.
// Only as much of the form as is needed: files that PyTorch itself wrote are in packages/janus/fixtures/torch-files.
import { open } from "node:fs/promises";
import type { HostTensor } from "@easel/engine";

const classes: Readonly<Record<string, string>> = {
  F32: "FloatStorage",
  BF16: "BFloat16Storage",
  F16: "HalfStorage",
};

function ascii(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u16(value: number): Buffer {
  return u32(value).subarray(0, 2);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([ascii("X"), u32(bytes.length), bytes]);
}

function whole(value: number): Buffer {
  return Buffer.concat([ascii("J"), u32(value)]);
}

function tuple(items: readonly Buffer[]): Buffer {
  return Buffer.concat([ascii("("), ...items, ascii("t")]);
}

function pickled(tensors: readonly (readonly [string, HostTensor])[]): Buffer {
  const parts = [ascii("\x80\x02}(")];
  for (const [i, [name, { dtype, shape }]] of tensors.entries()) {
    const count = shape.reduce((product, side) => product * side, 1);
    const type = ascii(`ctorch\n${classes[dtype]}\n`);
    const storage = [tuple([text("storage"), type, text(String(i)), text("cpu"), whole(count)]), ascii("Q")];
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, side) => product * side, 1),
    );
    const hooks = ascii("ccollections\nOrderedDict\n)R");
    const args = [
      ...storage,
      whole(0),
      tuple(shape.map(whole)),
      tuple(strides.map(whole)),
      ascii("\x89"),
      hooks,
    ];
    parts.push(text(name), ascii("ctorch._utils\n_rebuild_tensor_v2\n"), tuple(args), ascii("R"));
  }
  return Buffer.concat([...parts, ascii("u.")]);
}

/** Writes the archive, its records stored one after the other. */
export async function writeTorchArchive(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
): Promise<void> {
  const ordered = [...tensors];
  const records: readonly (readonly [string, Uint8Array])[] = [
    ["archive/data.pkl", pickled(ordered)],
    ["archive/byteorder", ascii("little")],
    ...ordered.map(([, { bytes }], i) => [`archive/data/${i}`, bytes] as const),
  ];
  const body: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of records) {
    const sizes = [u32(0), u32(bytes.length), u32(bytes.length), u16(name.length), u16(0)];
    const shared = [u16(0), u16(0), u16(0), u16(0), u16(0), ...sizes];
    const local = Buffer.concat([ascii("PK\x03\x04"), ...shared, ascii(name)]);
    body.push(local, bytes);
    directory.push(
      Buffer.concat([ascii("PK\x01\x02"), u16(0), ...shared, Buffer.alloc(10), u32(at), ascii(name)]),
    );
    at += local.length + bytes.length;
  }
  const list = Buffer.concat(directory);
  const counts = [u16(0), u16(0), u16(records.length), u16(records.length)];
  const end = Buffer.concat([ascii("PK\x05\x06"), ...counts, u32(list.length), u32(at), u16(0)]);
  const file = await open(path, "w");
  for (const part of [...body, list, end]) await file.writeFile(part);
  await file.close();
}
