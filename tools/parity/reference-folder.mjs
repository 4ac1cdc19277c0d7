// A folder of reference numbers: its files by name, and which of their tensors have been read. What they mean is in the
// folder's own expected/expected.json. Reading a thing that is not there names it.
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, tf, toFloat32, toTensor } from "@easel/engine";

/** The files that make up a folder, besides those that expected.json lists. */
export const fixedFiles = [
  "original/config.json",
  "original/model.safetensors",
  "hf/config.json",
  "hf/model.safetensors",
  "lora/adapter_config.json",
  "lora/adapter_model.safetensors",
  "tokenizer/tokenizer.json",
  "tokenizer/tokenizer_string_merges.json",
  "tokenizer/expected.json",
  "expected/expected.json",
  ...["ops", "forward", "grad", "greedy", "vq", "lora", "grpo"].map((name) => `expected/${name}.safetensors`),
];

/** Access to the tensors of one file. */
function tensorFile(file, tensors, markRead) {
  const host = (name) => {
    const found = tensors.get(name);
    if (found === undefined) throw new Error(`${file} lacks the tensor ${name}`);
    markRead(name);
    return found;
  };
  const tensor = (name) => toTensor(host(name));
  return {
    file,
    names: [...tensors.keys()],
    shape: (name) => host(name).shape,
    floats: (name) => toFloat32(host(name)),
    /** Integers as a plain array. */
    ints: (name) => [...toFloat32(host(name))],
    scalar: (name) => toFloat32(host(name))[0],
    /** Rows `[first][second]` of a matrix. */
    rows(name) {
      const [count = 0, width = 0] = host(name).shape;
      const values = toFloat32(host(name));
      return Array.from({ length: count }, (_, i) => [...values.slice(i * width, (i + 1) * width)]);
    },
    tensor,
    /** Pictures are stored channels-first; the model's are channels-last. */
    picture: (name) => tf.transpose(tensor(name), [0, 2, 3, 1]),
    label: (name) => `${file}: ${name}`,
  };
}

/** Opens a folder. Nothing is read yet. */
export function openReference(folder) {
  const opened = new Map();
  const read = new Set();

  async function load(file) {
    try {
      return (await readSafetensors(join(folder, file))).tensors;
    } catch (cause) {
      throw new Error(`${file} cannot be read: ${cause.message}`, { cause });
    }
  }

  return {
    folder,
    path: (file) => join(folder, file),
    async has(file) {
      return access(join(folder, file)).then(
        () => true,
        () => false,
      );
    },
    async json(file) {
      try {
        return JSON.parse(await readFile(join(folder, file), "utf8"));
      } catch (cause) {
        throw new Error(`${file} cannot be read: ${cause.message}`, { cause });
      }
    },
    /** Stored tensors of a file, none of them marked as read. */
    async stored(file) {
      if (!opened.has(file)) opened.set(file, await load(file));
      return opened.get(file);
    },
    async tensors(file) {
      const tensors = await this.stored(file);
      return tensorFile(file, tensors, (name) => read.add(`${file}: ${name}`));
    },
    /** Tensors of a file that no check has looked at. */
    async unread(file) {
      return [...(await this.stored(file)).keys()].filter((name) => !read.has(`${file}: ${name}`));
    },
  };
}
