import { afmoe } from './afmoe.ts';
import { apertus } from './apertus.ts';
import { arcee } from './arcee.ts';
import { bloom } from './bloom.ts';
import { cohere, cohere2 } from './cohere.ts';
import { deepseekV2, deepseekV3 } from './deepseek.ts';
import { deepseekV4 } from './deepseek-v4.ts';
import { ernie45, ernie45Moe } from './ernie.ts';
import { exaone4 } from './exaone4.ts';
import { falcon } from './falcon.ts';
import { falconH1 } from './falcon-h1.ts';
import type { ModelFamily } from './family.ts';
import { gemma, gemma2, gemma3 } from './gemma.ts';
import { gemma3n } from './gemma3n.ts';
import { gemma4, gemma4Unified } from './gemma4.ts';
import { glm, glm4 } from './glm.ts';
import { glm4Moe, glm4MoeLite } from './glm-moe.ts';
import { gptNeox } from './gpt-neox.ts';
import { gptOss } from './gpt-oss.ts';
import { gpt2, gptBigCode, gptj } from './gpt2.ts';
import { granite, graniteMoe, graniteMoeHybrid, graniteMoeShared } from './granite.ts';
import { helium } from './helium.ts';
import { hunyuanDense, hunyuanMoe } from './hunyuan.ts';
import { kimiLinear } from './kimi-linear.ts';
import { lfm2, lfm2Moe, lfm3 } from './lfm2.ts';
import { llama } from './llama.ts';
import { llama4Text } from './llama4.ts';
import { minimaxM2 } from './minimax-m2.ts';
import { ministral3, mistral4 } from './ministral3.ts';
import { ministral, mistral, mixtral } from './mistral.ts';
import { nemotron } from './nemotron.ts';
import { nemotronH } from './nemotron-h.ts';
import { olmo2, olmoe } from './olmo2.ts';
import { olmo3 } from './olmo3.ts';
import { opt } from './opt.ts';
import { phi } from './phi.ts';
import { phi3, phimoe } from './phi3.ts';
import { qwen2, qwen2VlText, qwen25VlText } from './qwen2.ts';
import { qwen2Moe } from './qwen2-moe.ts';
import { qwen3, qwen3Moe, qwen3VlMoeText, qwen3VlText } from './qwen3.ts';
import { qwen3Next, qwen35, qwen35Moe } from './qwen3-5.ts';
import { qwen4 } from './qwen4.ts';
import { seedOss } from './seed-oss.ts';
import { smollm3 } from './smollm3.ts';
import { stablelm } from './stablelm.ts';
import { starcoder2 } from './starcoder2.ts';

export const MODEL_FAMILIES: readonly ModelFamily[] = [
  afmoe,
  apertus,
  arcee,
  bloom,
  cohere,
  cohere2,
  deepseekV2,
  deepseekV3,
  deepseekV4,
  ernie45,
  ernie45Moe,
  exaone4,
  falcon,
  falconH1,
  gemma,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  gemma4Unified,
  glm,
  glm4,
  glm4Moe,
  glm4MoeLite,
  gpt2,
  gptBigCode,
  gptj,
  gptNeox,
  gptOss,
  granite,
  graniteMoe,
  graniteMoeHybrid,
  graniteMoeShared,
  helium,
  hunyuanDense,
  hunyuanMoe,
  kimiLinear,
  lfm2,
  lfm2Moe,
  lfm3,
  llama,
  llama4Text,
  minimaxM2,
  ministral,
  ministral3,
  mistral,
  mistral4,
  mixtral,
  nemotron,
  nemotronH,
  olmo2,
  olmo3,
  opt,
  olmoe,
  phi,
  phi3,
  phimoe,
  qwen2,
  qwen25VlText,
  qwen2Moe,
  qwen2VlText,
  qwen3,
  qwen35,
  qwen35Moe,
  qwen3Moe,
  qwen3Next,
  qwen3VlMoeText,
  qwen3VlText,
  qwen4,
  seedOss,
  smollm3,
  stablelm,
  starcoder2,
];
