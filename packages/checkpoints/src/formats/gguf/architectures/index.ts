import type { GgufArchitecture } from './architecture.ts';
import { graniteHybrid, graniteMoe, lfm2, lfm2moe } from './convolutions.ts';
import { gemma, gemma2, gemma3 } from './gemma.ts';
import { gemma4 } from './gemma4.ts';
import { qwen3next, qwen35, qwen35moe } from './hybrids.ts';
import { falcon, gpt2, gptNeox, nemotron, phi2, phi3, stablelm, starcoder2 } from './layer-norm.ts';
import { llama } from './llama.ts';
import * as like from './llama-like.ts';
import { deepseek2, ernieMoe, glm4moe, gptOss, llama4, minimaxM2 } from './mixtures.ts';
import { qwen2, qwen2moe, qwen2vl, qwen3, qwen3moe, qwen3vl } from './qwen.ts';

/** The architectures of llama.cpp whose names and keys are known in those of transformers. */
const ALL: readonly GgufArchitecture[] = [
  like.apertus,
  like.arcee,
  like.chatglm,
  like.cohere2,
  like.commandR,
  deepseek2,
  like.ernie,
  ernieMoe,
  like.exaone4,
  falcon,
  gemma,
  gemma2,
  gemma3,
  gemma4,
  like.glm4,
  glm4moe,
  gpt2,
  gptNeox,
  gptOss,
  like.granite,
  graniteHybrid,
  graniteMoe,
  like.hunyuan,
  lfm2,
  lfm2moe,
  llama,
  llama4,
  minimaxM2,
  nemotron,
  like.olmo2,
  phi2,
  phi3,
  qwen2,
  qwen2moe,
  qwen2vl,
  qwen3,
  qwen35,
  qwen35moe,
  qwen3moe,
  qwen3next,
  qwen3vl,
  like.seedOss,
  like.smollm3,
  stablelm,
  starcoder2,
];

export function architectureNamed(name: string): GgufArchitecture | null {
  return ALL.find((architecture) => architecture.name === name) ?? null;
}
