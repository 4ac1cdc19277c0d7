// T2I-CompBench's categories: which of its scripts measures each, and in which folder that script leaves its results.
// Pure; the names are those of the benchmark's lists and scripts.

/** One category. */
export type CompBenchCategory = {
  /** The metric's name, for messages. */
  readonly metric: string;
  /** Where the results lie below the folder that has `samples`. */
  readonly folder: string;
};

const blip: CompBenchCategory = { metric: "BLIP-VQA", folder: "annotation_blip" };

/** All categories by the names of their lists. The last two have no published rows here. */
export const compBenchCategories: Readonly<Record<string, CompBenchCategory>> = {
  color: blip,
  shape: blip,
  texture: blip,
  spatial: { metric: "UniDet (2D)", folder: "labels/annotation_obj_detection_2d" },
  non_spatial: { metric: "CLIPScore", folder: "annotation_clip" },
  complex: { metric: "3-in-1", folder: "annotation_3_in_1" },
  "3d_spatial": { metric: "UniDet (3D)", folder: "labels/annotation_obj_detection_3d" },
  numeracy: { metric: "UniDet (numeracy)", folder: "annotation_num" },
};

/** `color` of `color_val.txt`, `color_val` or `color`; undefined for other names. */
export function categoryOfName(name: string): string | undefined {
  const bare = name.replace(/\.txt$/, "").replace(/_val$/, "");
  return Object.hasOwn(compBenchCategories, bare) ? bare : undefined;
}

/** The folder among those the scripts write to that a path lies in, or undefined. */
export function resultFolderOf(path: string): string | undefined {
  const parts = path.split("/");
  const last = parts.at(-2) ?? "";
  const known = Object.values(compBenchCategories).map(({ folder }) => folder);
  return known.find((folder) => folder.split("/").at(-1) === last);
}
