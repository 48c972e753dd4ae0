import type { TensorEntry } from '../../tensors/tensor-entry.ts';

/** DeepSeek-V4's names below `layers.N.`, and the names of modules in transformers. */
const IN_LAYER: ReadonlyArray<readonly [RegExp, string]> = [
  [/^hc_(attn|ffn)_(fn|base|scale)$/, '$1_hc.$2'],
  [/^attn_norm\./, 'input_layernorm.'],
  [/^ffn_norm\./, 'post_attention_layernorm.'],
  [/^attn\./, 'self_attn.'],
  [/^ffn\./, 'mlp.'],
  [/^self_attn\.attn_sink$/, 'self_attn.sinks'],
  [/^self_attn\.indexer\.compressor\./, 'self_attn.compressor.indexer.'],
  [/^self_attn\.indexer\.weights_proj\./, 'self_attn.compressor.indexer.scorer.weights_proj.'],
  [/^self_attn\.indexer\.wq_b\./, 'self_attn.compressor.indexer.q_b_proj.'],
  [/\.w([qo])_([ab])\./, '.$1_$2_proj.'],
  [/\.wkv\./, '.kv_proj.'],
  [/\.wgate\./, '.gate_proj.'],
  [/\.q_norm\./, '.q_a_norm.'],
  [/\.norm\./, '.kv_norm.'],
  [/\.ape$/, '.position_bias'],
  [/^mlp\.gate\.bias$/, 'mlp.gate.e_score_correction_bias'],
  [/\.shared_experts\.w1\./, '.shared_experts.gate_proj.'],
  [/\.shared_experts\.w2\./, '.shared_experts.down_proj.'],
  [/\.shared_experts\.w3\./, '.shared_experts.up_proj.'],
];

const BESIDE: typeof IN_LAYER = [
  [/^embed\./, 'embed_tokens.'],
  [/^head\./, 'lm_head.'],
  [/^hc_head_(fn|base|scale)$/, 'hc_head.hc_$1'],
];

/** Rename DeepSeek-V4's tensors as in transformers; names that are right already stay. */
export function moduleNames(entries: readonly TensorEntry[]): TensorEntry[] {
  return entries.map((entry) => {
    const [, start = '', inside = ''] = /^((?:model\.)?layers\.\d+\.)(.+)$/.exec(entry.name) ?? [];
    return { ...entry, name: start === '' ? renamed(entry.name, BESIDE) : start + renamed(inside, IN_LAYER) };
  });
}

function renamed(name: string, rules: typeof IN_LAYER): string {
  return rules.reduce((all, [pattern, to]) => all.replace(pattern, to), name);
}
