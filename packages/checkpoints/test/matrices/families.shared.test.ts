import { openReference } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { describe, expect, it } from 'vitest';
import { LANGUAGE_MODELS, languageModel } from '../../../../test/language-models.ts';

/** Folders with experts or latent projections, and no recurrent layers. */
const EXPERTS =
  /^(afmoe|deepseek|gemma4-text|glm4-moe|gpt-oss|granite-moe|granite-shared|hunyuan-moe|llama4|minimax|mistral4|mixtral|olmoe|phimoe|ernie4-5-moe|qwen2-moe|qwen3-moe|qwen3-vl-moe)/;

async function listed(name: string) {
  const checkpoint = await openReference(languageModel(name));
  const { matrices, skipped, vectors } = listMatrices(checkpoint);
  // In a vision-language model, other towers (audio) have no component.
  const own = checkpoint.multimodal ? 'language' : null;
  const ofLanguage = matrices.filter(({ place }) => place.component === own);
  return { matrices: ofLanguage, skipped, vectors };
}

/** `part → [module, rows, columns]` of the matrices of one module of a layer. */
async function shapesOf(folder: string, module: string) {
  const { matrices } = await listed(folder);
  const start = `${module}.`;
  const found = matrices.flatMap(({ name, place, view }) => {
    const at = name.indexOf(start);
    return at < 0
      ? []
      : [[name.slice(at + start.length).replace('.weight', ''), [place.module, ...view.shape]] as const];
  });
  return Object.fromEntries(found);
}

describe('the spectra of a family that can be run', () => {
  it.each(LANGUAGE_MODELS)('measure every matrix, under its module type: %s', async (name) => {
    const { matrices, skipped } = await listed(name);
    const untyped = matrices.filter(({ place }) => place.module === 'other');
    expect(untyped.map((matrix) => matrix.name)).toEqual([]);
    expect(matrices.filter(({ note }) => note !== undefined).map((matrix) => matrix.name)).toEqual([]);
    expect(skipped.filter(({ parameters }) => parameters !== 0)).toEqual([]);
  });

  it.each(LANGUAGE_MODELS)('measure every number once, and name every expert: %s', async (name) => {
    const { matrices } = await listed(name);
    const measured = new Map<string, number>();
    for (const { source, view, place } of matrices) {
      measured.set(source.name, (measured.get(source.name) ?? 0) + view.shape[0] * view.shape[1]);
      const isOfExpert = /\.experts\.|block_sparse_moe\.(input|output)_linear/.test(source.name);
      expect(place.expert !== null, source.name).toBe(isOfExpert);
    }
    const sizes = new Map(matrices.map(({ source }) => [source.name, source.size]));
    expect(Object.fromEntries(measured)).toEqual(Object.fromEntries(sizes));
  });

  it.each(LANGUAGE_MODELS.filter((name) => EXPERTS.test(name)))(
    'measure every matrix of experts and of latent attention, under its module type: %s',
    async (name) => {
      const { matrices, skipped, vectors } = await listed(name);
      const untyped = matrices.filter(({ place }) => place.module === 'other');
      expect(untyped.map((matrix) => matrix.name)).toEqual([]);
      expect(matrices.filter(({ note }) => note !== undefined).map((matrix) => matrix.name)).toEqual([]);
      expect(skipped.filter(({ parameters }) => parameters !== 0)).toEqual([]);
      // Biases and gains, of all experts together as well.
      const isVector =
        /bias$|norm\w*\.weight$|\.sinks$|layer_scalar$|router\.(per_expert_)?scale$|hc(_head)?\.(hc_)?(base|scale)$/;
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

  const LINEAR = {
    out_proj: ['recurrent_out', 16, 4 * 4],
    conv1d: ['recurrent_conv', 2 * 2 * 6 + 4 * 4, 3],
  };

  it('split linear attention by queries, keys and values: 2 key heads of 6, 4 value heads of 4', async () => {
    expect(await shapesOf('qwen3-5', 'layers.0.linear_attn')).toEqual({
      'in_proj_qkv[q]': ['recurrent_in', 2 * 6, 16],
      'in_proj_qkv[k]': ['recurrent_in', 2 * 6, 16],
      'in_proj_qkv[v]': ['recurrent_in', 4 * 4, 16],
      in_proj_z: ['recurrent_in', 4 * 4, 16],
      in_proj_a: ['recurrent_gate', 4, 16],
      in_proj_b: ['recurrent_gate', 4, 16],
      ...LINEAR,
    });
  });

  it('split it where it is grouped by key head (Qwen3-Next), and the gate from the queries of attention', async () => {
    expect(await shapesOf('qwen3-next', 'layers.0.linear_attn')).toEqual({
      'in_proj_qkvz[q]': ['recurrent_in', 2 * 6, 16],
      'in_proj_qkvz[k]': ['recurrent_in', 2 * 6, 16],
      'in_proj_qkvz[v]': ['recurrent_in', 4 * 4, 16],
      'in_proj_qkvz[z]': ['recurrent_in', 4 * 4, 16],
      'in_proj_ba[b]': ['recurrent_gate', 4, 16],
      'in_proj_ba[a]': ['recurrent_gate', 4, 16],
      ...LINEAR,
    });
    const attention = await shapesOf('qwen3-next', 'layers.3.self_attn');
    expect(attention).toMatchObject({
      'q_proj[q]': ['q_proj', 4 * 8, 16],
      'q_proj[gate]': ['attention_gate', 4 * 8, 16],
    });
  });

  it('take the rows of one key head after the other: 12 + 16 of each of 2, of which the values are the last but 8', async () => {
    const { matrices } = await listed('qwen3-next');
    const values = matrices.find(({ name }) => name.endsWith('layers.0.linear_attn.in_proj_qkvz.weight[v]'));
    expect(values?.view.dims).toEqual([2, 6 + 6 + 8 + 8, 16]);
    expect(values?.view.slices).toEqual([{ axis: 1, start: 12, end: 20 }]);
  });

  it.each([
    ['granite-hybrid', 'layers.0.mamba', 8 * 4, 2 * 6, 8],
    // One group, which its config does not say.
    ['granite-hybrid-v5', 'layers.0.mamba', 8 * 4, 1 * 6, 8],
    ['nemotron-h', 'layers.0.mixer', 4 * 6, 2 * 5, 4],
  ] as const)('split Mamba-2: %s', async (folder, module, inner, state, heads) => {
    expect(await shapesOf(folder, module)).toEqual({
      'in_proj[z]': ['recurrent_in', inner, 16],
      'in_proj[x]': ['recurrent_in', inner, 16],
      'in_proj[B]': ['recurrent_in', state, 16],
      'in_proj[C]': ['recurrent_in', state, 16],
      'in_proj[dt]': ['recurrent_gate', heads, 16],
      conv1d: ['recurrent_conv', inner + 2 * state, 3],
      out_proj: ['recurrent_out', 16, inner],
    });
  });

  it('split the gates of the convolution of LFM2, and know its MLP: width 30', async () => {
    expect(await shapesOf('lfm2', 'layers.0')).toEqual({
      'conv.in_proj[B]': ['recurrent_in', 16, 16],
      'conv.in_proj[C]': ['recurrent_in', 16, 16],
      'conv.in_proj[x]': ['recurrent_in', 16, 16],
      'conv.conv': ['recurrent_conv', 16, 4],
      'conv.out_proj': ['recurrent_out', 16, 16],
      'feed_forward.w1': ['gate_proj', 30, 16],
      'feed_forward.w2': ['down_proj', 16, 30],
      'feed_forward.w3': ['up_proj', 30, 16],
    });
  });

  it('know the latent space of experts, their router and the gate of the shared one', async () => {
    expect(await shapesOf('nemotron-h-v5', 'layers.1.mixer')).toMatchObject({
      gate: ['router', 6, 16],
      fc1_latent_proj: ['expert_latent_proj', 6, 16],
      fc2_latent_proj: ['expert_latent_proj', 16, 6],
      'experts.5.up_proj': ['up_proj', 10, 6],
      'shared_experts.up_proj': ['up_proj', 14, 16],
    });
    expect(await shapesOf('qwen2-moe', 'mlp')).toMatchObject({ shared_expert_gate: ['expert_gate', 1, 16] });
  });

  it('know the embeddings that each layer has of its own: 6 layers of 6, hidden size 16 (Gemma 4)', async () => {
    const { matrices } = await listed('gemma4');
    const found = matrices.flatMap(({ name, place, view }) =>
      /per_layer/.test(name) && (place.layer === null || place.layer === 5)
        ? [[name.replace('model.language_model.', ''), [place.module, place.layer, ...view.shape]] as const]
        : [],
    );
    expect(Object.fromEntries(found)).toEqual({
      'embed_tokens_per_layer.weight': ['embed', null, 64, 6 * 6],
      'per_layer_model_projection.weight': ['per_layer_proj', null, 6 * 6, 16],
      'layers.5.per_layer_input_gate.weight': ['per_layer_proj', 5, 6, 16],
      'layers.5.per_layer_projection.weight': ['per_layer_proj', 5, 16, 6],
    });
  });

  it('leave whole what the config does not give the sizes of, and say so', async () => {
    const checkpoint = await openReference(languageModel('qwen3-next'));
    const { mixer } = checkpoint.architecture;
    const architecture = { ...checkpoint.architecture, mixer: { ...mixer, linear: { ...mixer.linear, valueDim: 5 } } };
    const { matrices } = listMatrices({ ...checkpoint, architecture });
    const whole = matrices.filter(({ note, place }) => note !== undefined && place.layer === 0);
    expect(whole.map(({ place, note }) => [place.module, note])).toEqual([
      ['other', 'fused and not split: 56 output features are not 2 × (6 + 6 + 10 + 10)'],
    ]);
  });
});
