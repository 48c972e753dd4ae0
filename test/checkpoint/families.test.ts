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
/** Folders with experts or latent projections, and no recurrent layers. */
const EXPERTS =
  /^(deepseek|glm4-moe|gpt-oss|llama4|minimax|mistral4|mixtral|phimoe|ernie4-5-moe|qwen2-moe|qwen3-moe|qwen3-vl-moe)/;
/** Beside the layer that predicts a further token, and never run. */
const FURTHER = /\.eh_proj\./;

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

  it.each(LANGUAGE_MODELS.filter((name) => EXPERTS.test(name)))(
    'measure every matrix of experts and of latent attention, under its module type: %s',
    async (name) => {
      const { matrices, skipped, vectors } = await listed(name);
      const untyped = matrices.filter((matrix) => matrix.place.module === 'other' && !FURTHER.test(matrix.name));
      expect(untyped.map((matrix) => matrix.name)).toEqual([]);
      expect(matrices.filter(({ note }) => note !== undefined).map((matrix) => matrix.name)).toEqual([]);
      expect(skipped.filter(({ parameters }) => parameters !== 0)).toEqual([]);
      // Biases and gains, of all experts together as well.
      const isVector = /bias$|norm\w*\.weight$|\.sinks$/;
      const others = vectors.filter(
        (vector) => !isVector.test(vector.name) && !vector.name.startsWith('vision_model.'),
      );
      expect(others.map((vector) => vector.name)).toEqual([]);
      expect(matrices.filter(({ source }) => isVector.test(source.name)).map((matrix) => matrix.name)).toEqual([]);
      // Every expert is three matrices, and there are as many of each.
      const experts = matrices.filter(({ place }) => place.expert !== null);
      const counts = new Map<string, number>();
      for (const { place } of experts) {
        const key = `${place.expert} ${place.module}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(new Set(counts.values()).size).toBe(1);
      expect(new Set(experts.map(({ place }) => place.module))).toEqual(new Set(['gate_proj', 'up_proj', 'down_proj']));
      expect(matrices.some(({ place }) => place.module === 'router')).toBe(true);
    },
  );

  it('split latent projections as their rows mean: rank 6, 4 heads, 4 rotated dimensions, 6 others, values of 5', async () => {
    // config.json of the folder; the order is that of torch.split in transformers' DeepseekV3Attention.
    const { matrices } = await listed('deepseek-v3');
    const parts = matrices.filter(({ name }) => /layers\.1\.self_attn\.kv_/.test(name));
    const slice = (axis: number, start: number, end: number) => [{ axis, start, end }];
    expect(parts.map(({ name, place, view }) => [name.replace(/^.*self_attn\./, ''), place.module, view])).toEqual([
      ['kv_a_proj_with_mqa.weight[kv]', 'kv_proj', { dims: [10, 16], slices: slice(0, 0, 6), shape: [6, 16] }],
      ['kv_a_proj_with_mqa.weight[k]', 'k_proj', { dims: [10, 16], slices: slice(0, 6, 10), shape: [4, 16] }],
      ['kv_b_proj.weight[k]', 'k_proj', { dims: [4, 11, 6], slices: slice(1, 0, 6), shape: [24, 6] }],
      ['kv_b_proj.weight[v]', 'v_proj', { dims: [4, 11, 6], slices: slice(1, 6, 11), shape: [20, 6] }],
    ]);
  });

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
