import type { GgufArchitecture } from './architecture.ts';
import { CONVOLUTIONS } from './convolutions.ts';
import { GEMMA } from './gemma.ts';
import { gemma4 } from './gemma4.ts';
import { HYBRIDS } from './hybrids.ts';
import { LAYER_NORM } from './layer-norm.ts';
import { LLAMA_LIKE } from './llama-like.ts';
import { MIXTURES } from './mixtures.ts';
import { QWEN } from './qwen.ts';

/** The architectures of llama.cpp that can be expressed in transformers' terms. */
const ALL: readonly GgufArchitecture[] = [
  gemma4,
  ...[LLAMA_LIKE, LAYER_NORM, QWEN, GEMMA, MIXTURES, HYBRIDS, CONVOLUTIONS].flat(),
];

export function architectureNamed(name: string): GgufArchitecture | null {
  return ALL.find((architecture) => architecture.name === name) ?? null;
}
