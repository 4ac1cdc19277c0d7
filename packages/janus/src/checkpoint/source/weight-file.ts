// Which files of a checkpoint's folder may hold weights, by name. Decides nothing about which of them are read.

/** Whether a file name is that of weights, in safetensors or in PyTorch's own format. */
export function isWeightFile(name: string): boolean {
  return /\.(safetensors|bin|pt|pth)$/.test(name);
}
