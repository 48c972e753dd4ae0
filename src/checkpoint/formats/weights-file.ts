import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Is this the name of one file of weights, and neither that of a directory nor of a measurement? */
export function isWeightsFile(path: string): boolean {
  return /\.(?:safetensors|onnx|gguf|bin|pt|pth|ckpt)$/.test(path);
}

/** Where the files beside the weights are: a lone file has them in its directory. Lightning also calls a directory `.ckpt`. */
export function folderOfWeights(path: string): string {
  const isDirectory = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isWeightsFile(path) && !isDirectory() ? dirname(path) : path;
}
