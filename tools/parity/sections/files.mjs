// Section "files": the folder is whole, and its tensors have the shapes and types that its expected.json describes.
import { compareEqual } from "../difference.mjs";
import { fixedFiles } from "../reference-folder.mjs";

const storedTypes = { float32: "F32", int32: "I32", uint8: "U8" };

export const files = {
  name: "files",
  about: "every file is there, every tensor is as described",
  /** Nothing of these is read here as a number. */
  reads: [],
  async run({ reference, report, expected }) {
    const described = Object.entries(expected?.files ?? {});
    const wanted = new Set([...fixedFiles, ...described.map(([file]) => `expected/${file}`)]);
    await report.quantity("files", `${wanted.size} files are there`, async () =>
      Promise.all(
        [...wanted].map(async (file) => {
          const there = await reference.has(file);
          return { name: file, difference: there ? 0 : 1, tolerance: 0, detail: "missing" };
        }),
      ),
    );
    for (const [file, { tensors }] of described) {
      const path = `expected/${file}`;
      await report.quantity("files", `${path}: tensors as described`, async () => {
        const stored = await reference.stored(path);
        const names = new Set([...stored.keys(), ...Object.keys(tensors)]);
        const form = (found) => (found === undefined ? "missing" : found);
        return compareEqual(
          path,
          [...names].map((name) => {
            const [held, wants] = [stored.get(name), tensors[name]];
            return {
              of: name,
              actual: form(held && { type: held.dtype, shape: held.shape }),
              expected: form(wants && { type: storedTypes[wants.dtype], shape: wants.shape }),
            };
          }),
        );
      });
    }
  },
};
