import { dirname } from 'node:path';

/** Is this the name of one file of weights, and neither that of a directory nor of a measurement? */
export function isWeightsFile(path: string): boolean {
  return /\.(?:safetensors|onnx|gguf|bin|pt|pth)$/.test(path);
}

/** Where the files beside the weights are: a lone file has them in its directory. */
export function folderOfWeights(path: string): string {
  return isWeightsFile(path) ? dirname(path) : path;
}
