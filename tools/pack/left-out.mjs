// Dependencies that packages name and nothing in Easel's tarball loads, each with the reason. Not the place for files.

const byPackage = {
  "@tensorflow/tfjs-node": {
    names: ["@mapbox/node-pre-gyp", "adm-zip", "https-proxy-agent", "progress", "rimraf", "tar"],
    why: "to fetch, compile and start its own native part; Easel loads its kernels only",
  },
  "@tensorflow/tfjs": {
    names: ["argparse", "chalk", "core-js", "regenerator-runtime", "yargs"],
    why: "for its bundling tool and for old browsers",
  },
  "@tensorflow/tfjs-core": { names: ["node-fetch"], why: "for Node.js without fetch" },
  "@tensorflow/tfjs-data": { names: ["node-fetch"], why: "for Node.js without fetch" },
};

const isTypes = (name) => name.startsWith("@types/") || name === "@webgpu/types";

/** Whether the dependency `name` of the package `from` stays out. */
export function isLeftOut(from, name) {
  return isTypes(name) || (byPackage[from]?.names.includes(name) ?? false);
}
