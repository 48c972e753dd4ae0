import { describe, expect, it } from 'vitest';
import { listMatrices } from '../../src/checkpoint/list-matrices.ts';
import { openReference } from '../../src/checkpoint/open.ts';
import { LANGUAGE_MODELS, languageModel } from '../language-model/runtime/engines.ts';

/** Folders whose models have no experts, latent projections or recurrent layers, without what follows a hyphen. */
const DENSE = `
  apertus arcee cohere cohere2 ernie4 exaone4 falcon gemma gemma2 gemma3 glm glm4 gpt gpt2 helium hunyuan idefics3 internvl
  llama llava ministral ministral3 mistral mistral3 nemotron olmo2 olmo3 phi phi3 seed smollm3 smolvlm stablelm starcoder2
`
  .split(/\s+/)
  .filter(Boolean);
const NOT_DENSE = /moe|gpt-oss|nemotron-h/;

const isDense = (name: string) => DENSE.includes(name.split('-')[0] ?? '') && !NOT_DENSE.test(name);

async function listed(name: string) {
  const { matrices, skipped, vectors } = listMatrices(await openReference(languageModel(name)));
  const ofLanguage = matrices.filter(({ place }) => place.component === null || place.component === 'language');
  return { matrices: ofLanguage, skipped, vectors };
}

describe('the spectra of a family that can be run', () => {
  it.each([...LANGUAGE_MODELS.filter(isDense), 'granite', 'granite-dense', 'qwen2', 'qwen2-vl', 'qwen3', 'qwen3-vl'])(
    'measure every matrix, under its module type: %s',
    async (name) => {
      const { matrices, skipped } = await listed(name);
      const untyped = matrices.filter(({ place }) => place.module === 'other');
      expect(untyped.map((matrix) => matrix.name)).toEqual([]);
      expect(matrices.filter(({ note }) => note !== undefined).map((matrix) => matrix.name)).toEqual([]);
      expect(skipped.filter(({ parameters }) => parameters !== 0)).toEqual([]);
    },
  );

  it('do not take the gains of norms for a matrix, one row for each head (Command R+)', async () => {
    const { vectors } = await listed('cohere');
    expect(vectors.filter(({ shape }) => shape.length === 2).map(({ name }) => name)).toEqual(
      [0, 1].flatMap((layer) => ['k_norm', 'q_norm'].map((norm) => `model.layers.${layer}.self_attn.${norm}.weight`)),
    );
  });

  it.each(['qwen3-vl-moe', 'qwen3-vl-moe-v5'])(
    'split stacked experts whichever dimension comes first: %s, 4 experts of width 12, hidden size 16',
    async (name) => {
      const { matrices } = await listed(name);
      const experts = matrices.filter(({ place }) => place.expert !== null && place.layer === 1);
      expect(experts).toHaveLength(4 * 3);
      for (const { view, place } of experts) {
        expect(place.module).toMatch(/^(gate|up|down)_proj$/);
        expect([...view.shape].sort()).toEqual([12, 16]);
      }
    },
  );
});
