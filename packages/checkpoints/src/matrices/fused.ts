import { words } from '@shadow-gate/platform';
import type { Architecture } from '../config/architecture.ts';
import { isInVision } from '../naming/place.ts';
import type { FusedLayout, FusedMatrix, FusedPart } from './fused-layout.ts';
import { mixerLayout } from './fused-mixer.ts';

const QKV_LEAVES = new Set(words('c_attn query_key_value qkv_proj Wqkv wqkv qkv W_pack in_proj_weight'));
const GATE_UP_LEAVES = new Set(['gate_up_proj', 'input_linear', 'up_gate_proj']);

/** `[q | k | v]` per head, one head after the other (the views in the families' own code). */
const PER_HEAD = new Set(['gpt_neox', 'gpt_neox_japanese', 'bloom', 'persimmon', 'fuyu']);
/** `[q…q | k | v]` per key-value head. */
const PER_KEY_VALUE_HEAD = new Set(['internlm2']);
/** All q, then all k, then all v, in equal thirds. */
const THIRDS = new Set(['gpt2', 'mpt', 'qwen', 'baichuan', 'xverse', 'imagegpt']);
const ALTERNATING_GATE_UP = new Set(['gpt_oss']);

/** The layout of the fused matrix of this name; null for a matrix that is not fused. */
export function fusedLayout(tensorName: string, matrix: FusedMatrix): FusedLayout | null {
  const { output, architecture } = matrix;
  const path = tensorName.replace(/\.weight$/, '').split('.');
  const leaf = path.at(-1) ?? '';
  const isGlmGateUp = leaf === 'dense_h_to_4h' && architecture.layoutType === 'chatglm';
  if (GATE_UP_LEAVES.has(leaf) || isGlmGateUp) return gateUp(output, architecture);
  if (leaf === 'kv_a_proj_with_mqa') return latentAndKeys(matrix);
  if (leaf === 'kv_b_proj') return keysAndValues(matrix);
  if (!QKV_LEAVES.has(leaf)) return isInVision(tensorName) ? null : mixerLayout(path, matrix);
  if (isInVision(tensorName)) return visionQkv(matrix);
  return leaf === 'in_proj_weight' ? thirds(output) : qkv(leaf, matrix);
}

const NO_LATENT = 'config.json with qk_rope_head_dim, qk_nope_head_dim and v_head_dim is needed';

/** Latent attention: the latent vector, then the rotated dimensions of the keys. */
function latentAndKeys({ output, architecture: { latent } }: FusedMatrix): FusedLayout {
  if (latent === null) return { unknown: NO_LATENT };
  const rank = output - latent.rope;
  if (rank <= 0) return { unknown: `${output} output features are not more than ${latent.rope} rotated ones` };
  return {
    parts: [
      { label: 'kv', module: 'kv_proj', outDims: [output], slice: { axis: 0, start: 0, end: rank } },
      { label: 'k', module: 'k_proj', outDims: [output], slice: { axis: 0, start: rank, end: output } },
    ],
  };
}

/** Latent attention, from the latent vector: per head, the other dimensions of the key, then the value. */
function keysAndValues({ output, architecture: { latent } }: FusedMatrix): FusedLayout {
  if (latent === null) return { unknown: NO_LATENT };
  const size = latent.plain + latent.value;
  if (output % size !== 0) return { unknown: `${output} output features are not heads of ${size}` };
  const outDims = [output / size, size];
  return {
    parts: [
      { label: 'k', module: 'k_proj', outDims, slice: { axis: 1, start: 0, end: latent.plain } },
      { label: 'v', module: 'v_proj', outDims, slice: { axis: 1, start: latent.plain, end: size } },
    ],
  };
}

function gateUp(output: number, { layoutType }: Architecture): FusedLayout {
  if (output % 2 !== 0) return { unknown: `${output} output features are not two halves` };
  const half = output / 2;
  const slice = (index: 0 | 1) =>
    layoutType !== null && ALTERNATING_GATE_UP.has(layoutType)
      ? { axis: 0, start: index, end: output, step: 2 }
      : { axis: 0, start: index * half, end: (index + 1) * half };
  return {
    parts: [
      { label: 'gate', module: 'gate_proj', outDims: [output], slice: slice(0) },
      { label: 'up', module: 'up_proj', outDims: [output], slice: slice(1) },
    ],
  };
}

/** Equal thirds (timm, CLIP's nn.MultiheadAttention, Qwen-VL), unless heads share keys and values (EXAONE 4.5). */
function visionQkv(matrix: FusedMatrix): FusedLayout {
  const { vision } = matrix.architecture;
  if (vision === null || vision.heads === vision.keyValueHeads) return thirds(matrix.output);
  return queriesThenKeysThenValues({ ...matrix, architecture: { ...matrix.architecture, ...vision, headDim: null } });
}

function qkv(leaf: string, matrix: FusedMatrix): FusedLayout {
  const { output, input, architecture } = matrix;
  const { layoutType, heads, keyValueHeads } = architecture;
  if (layoutType !== null && THIRDS.has(layoutType)) return thirds(output);
  if (layoutType === 'codegen') return codegen(output);
  if (layoutType === 'falcon' || layoutType === 'RefinedWeb' || layoutType === 'RefinedWebModel') {
    return falcon(output, architecture);
  }
  if (layoutType === 'gpt_bigcode') {
    if (!architecture.multiQuery) return perHead(output, heads);
    return heads && architecture.hiddenSize
      ? contiguous(output, architecture.hiddenSize, architecture.hiddenSize / heads)
      : { unknown: 'config.json with n_head and n_embd is needed' };
  }
  if (layoutType !== null && PER_HEAD.has(layoutType)) return perHead(output, heads);
  if (layoutType !== null && PER_KEY_VALUE_HEAD.has(layoutType)) return perKeyValueHead(output, heads, keyValueHeads);
  // Without a config, a name can be split only if it has the same layout in every model.
  if (layoutType === null && leaf === 'c_attn') {
    return output === 3 * input ? thirds(output) : { unknown: 'config.json is needed to know its heads' };
  }
  // Models use this name for several layouts: a wrong guess would measure a mixture of heads.
  if (leaf === 'query_key_value' && layoutType !== 'chatglm') {
    return { unknown: layoutType === null ? 'config.json is needed to know its heads' : `the layout of ${layoutType}` };
  }
  return queriesThenKeysThenValues(matrix);
}

/** All queries, then all keys, then all values: Phi-3, GLM and DBRX, with or without grouped queries. */
function queriesThenKeysThenValues({ output, architecture, attentionInput }: FusedMatrix): FusedLayout {
  const { heads, keyValueHeads, headDim, hiddenSize } = architecture;
  if (heads && keyValueHeads) {
    const perHeadSize = headDim ?? (hiddenSize ? hiddenSize / heads : output / (heads + 2 * keyValueHeads));
    if (perHeadSize * (heads + 2 * keyValueHeads) === output) {
      return contiguous(output, perHeadSize * heads, perHeadSize * keyValueHeads);
    }
  }
  if (attentionInput !== null && attentionInput < output) {
    return contiguous(output, attentionInput, (output - attentionInput) / 2);
  }
  return { unknown: `its ${output} output features do not match the heads in config.json` };
}

function contiguous(output: number, queries: number, keys: number): FusedLayout {
  if (!Number.isInteger(keys) || queries + 2 * keys !== output) {
    return { unknown: `${output} output features are not ${queries} + 2 × ${keys}` };
  }
  return qkvParts([output], 0, [0, queries, queries + keys, output]);
}

function thirds(output: number): FusedLayout {
  return contiguous(output, output / 3, output / 3);
}

function perHead(output: number, heads: number | null): FusedLayout {
  if (!heads) return { unknown: 'config.json with the number of attention heads is needed' };
  if (output % (3 * heads) !== 0) return { unknown: `${output} output features are not 3 × ${heads} heads` };
  return qkvParts([heads, 3, output / (3 * heads)], 1, [0, 1, 2, 3]);
}

function perKeyValueHead(output: number, heads: number | null, keyValueHeads: number | null): FusedLayout {
  if (!heads || !keyValueHeads) return { unknown: 'config.json with the number of attention heads is needed' };
  const queries = heads / keyValueHeads;
  const size = output / (heads + 2 * keyValueHeads);
  if (!Number.isInteger(queries) || !Number.isInteger(size)) {
    return { unknown: `${output} output features are not ${heads} + 2 × ${keyValueHeads} heads` };
  }
  return qkvParts([keyValueHeads, queries + 2, size], 1, [0, queries, queries + 1, queries + 2]);
}

/** Falcon: 40B groups by key-value head, 7B has one key and value after all queries, RW alternates per head. */
function falcon(output: number, architecture: Architecture): FusedLayout {
  const { heads, keyValueHeads, newDecoderArchitecture, multiQuery } = architecture;
  if (newDecoderArchitecture) return perKeyValueHead(output, heads, keyValueHeads);
  return multiQuery ? perKeyValueHead(output, heads, heads ? 1 : null) : perHead(output, heads);
}

/** CodeGen: four blocks (one per TPU core of its training), each `[q | v | k]`. */
function codegen(output: number): FusedLayout {
  const blocks = 4;
  if (output % (3 * blocks) !== 0) return { unknown: `${output} output features are not 3 × ${blocks} blocks` };
  const outDims = [blocks, 3, output / (3 * blocks)];
  const block = (index: number) => ({ axis: 1, start: index, end: index + 1 });
  return {
    parts: [
      { label: 'q', module: 'q_proj', outDims, slice: block(0) },
      { label: 'k', module: 'k_proj', outDims, slice: block(2) },
      { label: 'v', module: 'v_proj', outDims, slice: block(1) },
    ],
  };
}

function qkvParts(outDims: readonly number[], axis: number, bounds: readonly [number, number, number, number]) {
  const [q, k, v, end] = bounds;
  const parts: FusedPart[] = [
    { label: 'q', module: 'q_proj', outDims, slice: { axis, start: q, end: k } },
    { label: 'k', module: 'k_proj', outDims, slice: { axis, start: k, end: v } },
    { label: 'v', module: 'v_proj', outDims, slice: { axis, start: v, end } },
  ];
  return { parts };
}
