import { gguf } from './gguf/open-gguf.ts';
import { consolidated, pytorch, safetensors } from './layouts.ts';
import { onnx } from './onnx/open-onnx.ts';
import { distcp, safetensorsShards } from './shards/open-shards.ts';
import type { WeightsEntry } from './weights-entry.ts';

/** In the order in which a folder is searched. Safetensors accept all files without a mark, so others come before. */
export const FORMATS: readonly WeightsEntry[] = [
  onnx,
  consolidated,
  safetensors,
  pytorch,
  gguf,
  safetensorsShards,
  distcp,
];
