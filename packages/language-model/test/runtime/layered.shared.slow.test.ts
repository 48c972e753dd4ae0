import { describe, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';
import { adapterFixture, expectedOf } from '../../../checkpoints/test/adapter/adapters.ts';
import { openLora } from './engines.ts';
import { expectSameAnswers } from './layered.ts';

describe('a model that is run layer by layer answers as the whole one', () => {
  it.each([
    'apertus-relu2',
    'bloom-normed',
    'cohere2',
    'deepseek-v3',
    'deepseek-v4',
    'falcon-alibi',
    'falcon-h1',
    'gemma2',
    'gemma3-text',
    'gemma4-text',
    'gemma4-unified-text',
    'gpt-neox',
    'gpt-oss',
    'gpt2',
    'granite-hybrid',
    'kimi-linear',
    'lfm2-moe',
    'llama4-text',
    'nemotron-h',
    'opt-350m',
    'opt-bare',
    'phi3-longrope',
    'phimoe',
    'qwen2-vl',
    'qwen3-5-moe',
    'qwen4-exp-vl',
    'smollm3-nope',
  ])('%s, where a sequence takes several batches', async (name) => {
    await expectSameAnswers(languageModel(name), { batchBytes: 50_000 });
  });

  it.each(['dora', 'dora-embeddings', 'mlx-dora', 'saved'])('with the adapter %s', async (name) => {
    const adapter = await openLora(adapterFixture(name));
    await expectSameAnswers(languageModel(expectedOf(name).base), { adapter });
  });

  it.each(['nf4-nested', 'gptq-3bit', 'mxfp4', 'fp8-blocks'])('with the quantized weights %s', async (name) => {
    await expectSameAnswers(fixture('quantized', name));
  });
});
