import type { TensorEntry } from '../../tensors/tensor-entry.ts';

type Json = Readonly<Record<string, unknown>>;

/** Mistral's names of modules below `layers.N.`, and transformers' names. */
const IN_LAYER: ReadonlyArray<readonly [RegExp, string]> = [
  [/^attention_norm\./, 'input_layernorm.'],
  [/^ffn_norm\./, 'post_attention_layernorm.'],
  [/^attention\.wkv_a_with_mqa\./, 'self_attn.kv_a_proj_with_mqa.'],
  [/^attention\.wkv_b\./, 'self_attn.kv_b_proj.'],
  [/^attention\.wq_a\./, 'self_attn.q_a_proj.'],
  [/^attention\.wq_b\./, 'self_attn.q_b_proj.'],
  [/^attention\.w([qkvo])\./, 'self_attn.$1_proj.'],
  [/^attention\.(q_a|kv_a)_norm\./, 'self_attn.$1_layernorm.'],
];
const OF_MIXTRAL: typeof IN_LAYER = [
  [/^feed_forward\.experts\.(\d+)\.(w[123])\./, 'block_sparse_moe.experts.$1.$2.'],
  [/^feed_forward\.gate\./, 'block_sparse_moe.gate.'],
  [/^block_sparse_moe\./, 'block_sparse_moe.'],
];
const GATED = (from: string, to: string): typeof IN_LAYER => [
  [new RegExp(`^${from}\\.w1\\.`), `${to}.gate_proj.`],
  [new RegExp(`^${from}\\.w2\\.`), `${to}.down_proj.`],
  [new RegExp(`^${from}\\.w3\\.`), `${to}.up_proj.`],
];
const OF_OTHERS: typeof IN_LAYER = [
  ...GATED('feed_forward', 'mlp'),
  ...GATED('shared_experts', 'mlp.shared_experts'),
  ...GATED('experts\\.(\\d+)', 'mlp.experts.$1'),
  [/^gate\./, 'mlp.gate.'],
];

const IN_TOWER: typeof IN_LAYER = [
  [/^attention\.w([qkvo])\./, 'attention.$1_proj.'],
  ...GATED('feed_forward', 'feed_forward'),
  [/^/, ''],
];

const SCALES: ReadonlyArray<readonly [RegExp, string]> = [
  [/\.qscale_weight$/, '.weight_scale_inv'],
  [/\.qscale_act$/, '.activation_scale'],
];

export function isConsolidated(tensors: ReadonlyMap<string, TensorEntry>): boolean {
  return tensors.has('tok_embeddings.weight') && tensors.has('norm.weight');
}

/** Rename Mistral's tensors as in transformers; unknown ones keep their names. */
export function usualNames(entries: readonly TensorEntry[], config: Json): TensorEntry[] {
  return entries.map((entry) => ({ ...entry, name: usualName(entry.name, config) }));
}

function usualName(name: string, { model_type: type, text_config: text }: Json): string {
  const isWhole = text !== undefined;
  const textType = isWhole ? (text as Json).model_type : type;
  const prefix = isWhole ? 'language_model.model.' : 'model.';
  const scaled = SCALES.reduce((all, [pattern, leaf]) => all.replace(pattern, leaf), name);
  const [, layer, inside = ''] = /^layers\.(\d+)\.(.+)$/.exec(scaled) ?? [];
  if (layer !== undefined) {
    const rules = [...IN_LAYER, ...(textType === 'mixtral' ? OF_MIXTRAL : OF_OTHERS)];
    return `${prefix}layers.${layer}.${replaced(inside, rules) ?? inside}`;
  }
  const [, block, part = ''] = /^vision_encoder\.transformer\.layers\.(\d+)\.(.+)$/.exec(scaled) ?? [];
  if (block !== undefined) return `vision_tower.transformer.layers.${block}.${replaced(part, IN_TOWER) ?? part}`;
  return (
    replaced(scaled, [
      [/^tok_embeddings\./, `${prefix}embed_tokens.`],
      [/^norm\./, `${prefix}norm.`],
      [/^output\./, isWhole ? 'language_model.lm_head.' : 'lm_head.'],
      [/^vision_encoder\./, 'vision_tower.'],
      [/^vision_language_adapter\.w_in\./, 'multi_modal_projector.linear_1.'],
      [/^vision_language_adapter\.w_out\./, 'multi_modal_projector.linear_2.'],
      [/^patch_merger\./, 'multi_modal_projector.patch_merger.'],
      [/^pre_mm_projector_norm\./, 'multi_modal_projector.norm.'],
    ]) ?? name
  );
}

function replaced(name: string, rules: typeof IN_LAYER): string | null {
  const rule = rules.find(([pattern]) => pattern.test(name));
  return rule ? name.replace(rule[0], rule[1]) : null;
}
