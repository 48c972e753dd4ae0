import { at } from '@shadow-gate/platform';
import { assembled, canAssemble } from '../../tensors/assembled.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import type { FullCheckpoint } from '../full-checkpoint.ts';
import { withExperts } from './experts.ts';

/**
 * Undo the changes of mlx-lm (0.32, `sanitize` of a model's class): stacks of experts, axes of convolutions, gains of
 * Qwen3-Next's norms, a latent attention's last projection in two, names of GPT-2 and GPT-NeoX. No mark is needed: only
 * mlx-lm writes these names and shapes.
 */
export function fromMlx({ tensors, config }: Pick<FullCheckpoint, 'tensors' | 'config'>): Tensors {
  const text = typeOf(config?.text_config) ?? typeOf(config);
  const named = withNames(withPrefix(tensors, typeOf(config)), text);
  const plain = withLatent(withConvolutions(withNorms(named)));
  const all = withExperts(withDenseGranite(plain, text), text);
  return all === tensors ? tensors : new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function typeOf(config: unknown): string | null {
  const type = typeof config === 'object' && config !== null ? (config as { model_type?: unknown }).model_type : null;
  return typeof type === 'string' ? type : null;
}

/** Prefixes of language models in files of vision models; mlx-lm has all below `language_model`. */
const LANGUAGE_MODELS: Readonly<Record<string, string>> = {
  qwen2_vl: 'model.',
  qwen2_5_vl: 'model.',
  qwen3_vl: 'model.language_model.',
  qwen3_vl_moe: 'model.language_model.',
  qwen3_5: 'model.language_model.',
  qwen3_5_moe: 'model.language_model.',
  qwen3_5_text: 'model.',
  qwen3_5_moe_text: 'model.',
  gemma4: 'model.language_model.',
  gemma4_unified: 'model.language_model.',
};

function withPrefix(tensors: Tensors, type: string | null): Tensors {
  const prefix = type === null || !Object.hasOwn(LANGUAGE_MODELS, type) ? undefined : LANGUAGE_MODELS[type];
  if (prefix === undefined) return tensors;
  return replaced(tensors, (entry) => {
    const name = entry.name
      .replace(/^language_model\.model\./, prefix)
      .replace(/^language_model\.lm_head\./, 'lm_head.');
    return name === entry.name ? null : { ...entry, name };
  });
}

/** Replace some tensors; returns the same map if nothing changes. */
function replaced(tensors: Tensors, change: (entry: TensorEntry) => TensorEntry | null): Tensors {
  const changed = new Map<string, TensorEntry>();
  let isChanged = false;
  for (const entry of tensors.values()) {
    const other = change(entry);
    isChanged ||= other !== null;
    const kept = other ?? entry;
    // A repeated name is reported where the other tensor is missed.
    if (changed.has(kept.name)) return tensors;
    changed.set(kept.name, kept);
  }
  return isChanged ? changed : tensors;
}

/** For layers without experts. */
const LFM2_NAMES: Readonly<Record<string, string>> = { gate: 'w1', up: 'w3', down: 'w2' };

/** Names of GPT-2 (with matrices stored [out, in]), GPT-NeoX and LFM2's MLP. */
function withNames(tensors: Tensors, type: string | null): Tensors {
  if (type === 'gpt2' && tensors.has('model.wte.weight')) {
    return replaced(tensors, (entry) => {
      const name = entry.name.replace(/^model\./, 'transformer.');
      const isMatrix = /\.(c_attn|c_proj|c_fc)\.weight$/.test(name) && entry.shape.length === 2;
      if (!isMatrix || !canAssemble([entry])) return { ...entry, name };
      const [output, input] = [at(entry.shape, 0), at(entry.shape, 1)];
      return assembled({
        name,
        shape: [input, output],
        parts: [entry],
        how: 'MLX, transposed',
        join: (graph, [whole]) => graph.op('Transpose', [whole ?? null], { perm: [1, 0] }),
      });
    });
  }
  if (type === 'gpt_neox' && tensors.has('model.embed_in.weight')) {
    return replaced(tensors, (entry) => {
      const inside = entry.name.replace(/^model\./, '').replace(/^h\./, 'layers.');
      return { ...entry, name: inside.startsWith('embed_out.') ? inside : `gpt_neox.${inside}` };
    });
  }
  if (type !== 'lfm2_moe') return tensors;
  return replaced(tensors, (entry) => {
    const [, layer, projection = ''] = /^(.*\.feed_forward)\.(gate|up|down)_proj\.weight$/.exec(entry.name) ?? [];
    return layer === undefined ? null : { ...entry, name: `${layer}.${LFM2_NAMES[projection]}.weight` };
  });
}

/** A depthwise convolution, [channels, width, 1]. */
const CONVOLUTION = /(^|\.)(conv1d|conv\.conv)\.weight$/;

function isTurned({ name, shape }: TensorEntry): boolean {
  return CONVOLUTION.test(name) && shape.length === 3 && shape[2] === 1 && shape[1] !== 1;
}

/** In memory, [channels, width, 1] and [channels, 1, width] are the same. */
function withConvolutions(tensors: Tensors): Tensors {
  return replaced(tensors, (entry) => {
    if (isTurned(entry)) return { ...entry, shape: [at(entry.shape, 0), 1, at(entry.shape, 1)] };
    // The two numbers of Apertus' activation are scalars.
    return /\.act_fn\.alpha_[pn]$/.test(entry.name) && entry.shape.length === 0 ? { ...entry, shape: [1] } : null;
  });
}

const RAISED =
  /(\.input_layernorm|\.post_attention_layernorm|(^|\.)(model|language_model)\.norm|\.q_norm|\.k_norm)\.weight$/;

/** In models with gated delta nets (Qwen3-Next and later), MLX stores the gain 1 + w of a norm instead of w. */
function withNorms(tensors: Tensors): Tensors {
  const isDelta = [...tensors.values()].some((entry) => entry.name.includes('.linear_attn.') && isTurned(entry));
  if (!isDelta) return tensors;
  return replaced(tensors, (entry) => {
    if (!RAISED.test(entry.name) || entry.shape.length !== 1 || !canAssemble([entry])) return null;
    return assembled({
      name: entry.name,
      shape: entry.shape,
      parts: [entry],
      how: 'MLX, less one',
      join: (_, [gain]) => {
        if (gain === undefined) throw new Error('a norm without a gain');
        return gain;
      },
      added: -1,
    });
  });
}

/**
 * `kv_b_proj` [heads · (plain + value), latent] from `embed_q` [heads, latent, plain] and `unembed_out` [heads, value,
 * latent].
 */
function withLatent(tensors: Tensors): Tensors {
  const all = new Map(tensors);
  for (const keys of tensors.values()) {
    const attention = /^(.*)\.embed_q\.weight$/.exec(keys.name)?.[1];
    const values = tensors.get(`${attention}.unembed_out.weight`);
    if (attention === undefined || values === undefined || keys.shape.length !== 3) continue;
    if (values.shape.length !== 3 || !canAssemble([keys, values])) continue;
    const [heads, latent, plain] = [at(keys.shape, 0), at(keys.shape, 1), at(keys.shape, 2)];
    const value = at(values.shape, 1);
    const name = `${attention}.kv_b_proj.weight`;
    if (values.shape.join() !== [heads, value, latent].join() || all.has(name)) continue;
    all.delete(keys.name);
    all.delete(values.name);
    const entry = assembled({
      name,
      shape: [heads * (plain + value), latent],
      parts: [keys, values],
      how: 'MLX, keys and values',
      join: (graph, [of, others]) =>
        graph.op('Concat', [graph.op('Transpose', [of ?? null], { perm: [0, 2, 1] }), others ?? null], { axis: 1 }),
    });
    all.set(name, entry);
  }
  return all.size === tensors.size ? tensors : all;
}

/** The MLP of a Granite without experts has Llama's names in MLX. */
function withDenseGranite(tensors: Tensors, type: string | null): Tensors {
  if (type !== 'granitemoehybrid') return tensors;
  const all = new Map(tensors);
  for (const gate of tensors.values()) {
    const layer = /^(.*\.layers\.\d+)\.mlp\.gate_proj\.weight$/.exec(gate.name)?.[1];
    const [up, down] = ['up', 'down'].map((part) => tensors.get(`${layer}.mlp.${part}_proj.weight`));
    if (layer === undefined || !up || !down || up.shape.join() !== gate.shape.join()) continue;
    if (gate.shape.length !== 2 || !canAssemble([gate, up])) continue;
    for (const { name } of [gate, up, down]) all.delete(name);
    const [width, hidden] = [at(gate.shape, 0), at(gate.shape, 1)];
    const input = `${layer}.shared_mlp.input_linear.weight`;
    const output = `${layer}.shared_mlp.output_linear.weight`;
    all.set(output, { ...down, name: output });
    const entry = assembled({
      name: input,
      shape: [2 * width, hidden],
      parts: [gate, up],
      how: 'MLX, gate and up',
      join: (graph, both) => graph.op('Concat', [...both], { axis: 0 }),
    });
    all.set(input, entry);
  }
  return all.size === tensors.size ? tensors : all;
}
