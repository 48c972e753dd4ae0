import type { GgufArchitecture } from './architecture.ts';
import { gemma, gemma2, gemma3 } from './gemma.ts';
import { llama } from './llama.ts';
import { qwen2, qwen3 } from './qwen.ts';

/** The architectures of llama.cpp whose names and keys are known in those of transformers. */
const ALL: readonly GgufArchitecture[] = [gemma, gemma2, gemma3, llama, qwen2, qwen3];

export function architectureNamed(name: string): GgufArchitecture | null {
  return ALL.find((architecture) => architecture.name === name) ?? null;
}
