import { gguf } from './gguf/open-gguf.ts';
import { consolidated, pytorch, safetensors } from './layouts.ts';
import { onnx } from './onnx/open-onnx.ts';
import { distcp, safetensorsShards } from './shards/open-shards.ts';
import type { WeightsEntry } from './weights-entry.ts';

/**
 * The formats of full weights, in the order in which a folder is searched; their names are in `WEIGHT_FORMATS`. Files
 * without a mark in their bytes have to come before safetensors, which accept all others.
 */
export const FORMATS: readonly WeightsEntry[] = [
  onnx,
  consolidated,
  safetensors,
  pytorch,
  gguf,
  safetensorsShards,
  distcp,
];
