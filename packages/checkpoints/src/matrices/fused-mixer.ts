import { words } from '@shadow-gate/platform';
import type { FusedLayout, FusedMatrix, FusedPart } from './fused-layout.ts';

/** Mamba's projections: under `mamba` in Granite and Jamba, under `mixer` in Nemotron-H and Mamba itself. */
const MAMBA_PARENTS = new Set(['mamba', 'mixer']);
/** Families with q_proj's output gate after the queries of each head. */
const GATED_QUERIES = new Set(
  words('qwen3_next qwen3_5_text qwen3_5_moe_text qwen3_5 qwen3_5_moe qwen4_exp_text qwen4_exp'),
);

const BY_LEAF = new Map([
  ['q_proj', gatedQueries],
  ['in_proj_qkv', linearAttention],
  ['in_proj_qkvz', linearAttentionByHead],
  ['in_proj_ba', gatesByHead],
]);

/** The layout of fused linear attention, Mamba-2, LFM2's convolution or gated attention. @param path without weight */
export function mixerLayout(path: readonly string[], matrix: FusedMatrix): FusedLayout | null {
  const [parent, leaf] = [path.at(-2) ?? '', path.at(-1) ?? ''];
  const isMamba = MAMBA_PARENTS.has(parent);
  if (leaf === 'in_proj' && isMamba) return isMamba1(matrix) ? mamba1(matrix) : mamba2(matrix);
  if (leaf === 'in_proj' && parent === 'conv') return shortConvolution(matrix);
  if (leaf === 'x_proj' && isMamba) return selection(matrix);
  return BY_LEAF.get(leaf)?.(matrix) ?? null;
}

type Named = readonly [label: FusedPart['label'], module: FusedPart['module'], size: number];

/** Parts that follow each other in each of `blocks` equal blocks of rows. */
function inBlocks({ output }: FusedMatrix, blocks: number, named: readonly Named[]): FusedLayout {
  const sizes = named.map(([, , size]) => size);
  const block = sizes.reduce((sum, size) => sum + size, 0);
  const isPossible = sizes.every((size) => Number.isInteger(size) && size > 0);
  if (!isPossible || blocks * block !== output) {
    const times = blocks === 1 ? '' : `${blocks} × `;
    return { unknown: `${output} output features are not ${times}(${sizes.join(' + ')})` };
  }
  let start = 0;
  const parts = named.map(([label, module, size]): FusedPart => {
    const slice = { axis: blocks === 1 ? 0 : 1, start, end: start + size };
    start += size;
    return { label, module, outDims: blocks === 1 ? [output] : [blocks, block], slice };
  });
  return { parts };
}

function missing(...keys: readonly string[]): FusedLayout {
  return { unknown: `config.json with ${keys.join(' and ')} is needed` };
}

/** `[query | gate]` per head: twice the features that the output projection takes. */
function gatedQueries(matrix: FusedMatrix): FusedLayout | null {
  const { output, architecture, attentionInput } = matrix;
  const { layoutType, heads, headDim } = architecture;
  if (layoutType === null || !GATED_QUERIES.has(layoutType)) return null;
  const queries = attentionInput ?? (heads && headDim ? heads * headDim : null);
  if (queries === output) return null;
  if (!heads || queries === null) return missing('num_attention_heads', 'head_dim');
  return inBlocks(matrix, heads, [
    ['q', 'q_proj', queries / heads],
    ['gate', 'attention_gate', queries / heads],
  ]);
}

/** All queries, then all keys, then all values: Qwen3.5. */
function linearAttention(matrix: FusedMatrix): FusedLayout {
  const { keyHeads, valueHeads, keyDim, valueDim } = matrix.architecture.mixer.linear;
  if (!keyHeads || !valueHeads || !keyDim || !valueDim) return missing('the heads of linear attention');
  return inBlocks(matrix, 1, [
    ['q', 'recurrent_in', keyHeads * keyDim],
    ['k', 'recurrent_in', keyHeads * keyDim],
    ['v', 'recurrent_in', valueHeads * valueDim],
  ]);
}

/** `[query | key | values | gates of the output]` per key head, with several value heads for each: Qwen3-Next. */
function linearAttentionByHead(matrix: FusedMatrix): FusedLayout {
  const { keyHeads, valueHeads, keyDim, valueDim } = matrix.architecture.mixer.linear;
  if (!keyHeads || !valueHeads || !keyDim || !valueDim) return missing('the heads of linear attention');
  const values = (valueHeads / keyHeads) * valueDim;
  return inBlocks(matrix, keyHeads, [
    ['q', 'recurrent_in', keyDim],
    ['k', 'recurrent_in', keyDim],
    ['v', 'recurrent_in', values],
    ['z', 'recurrent_in', values],
  ]);
}

/** `[b | a]` per key head, a row for each of its value heads: Qwen3-Next. */
function gatesByHead(matrix: FusedMatrix): FusedLayout {
  const { keyHeads, valueHeads } = matrix.architecture.mixer.linear;
  if (!keyHeads || !valueHeads) return missing('linear_num_key_heads', 'linear_num_value_heads');
  return inBlocks(matrix, keyHeads, [
    ['b', 'recurrent_gate', valueHeads / keyHeads],
    ['a', 'recurrent_gate', valueHeads / keyHeads],
  ]);
}

/** `[gate z | input x | B | C | time steps]` (Mamba-2, arXiv 2405.21060): z and x each fill the output's input. */
function mamba2(matrix: FusedMatrix): FusedLayout {
  const { heads, headDim } = matrix.architecture.mixer.mamba;
  if (!heads) return missing('the number of heads of Mamba-2');
  const inner = matrix.attentionInput ?? (headDim ? heads * headDim : null);
  if (inner === null) return missing('the size of the heads of Mamba-2');
  const state = (matrix.output - 2 * inner - heads) / 2;
  return inBlocks(matrix, 1, [
    ['z', 'recurrent_in', inner],
    ['x', 'recurrent_in', inner],
    ['B', 'recurrent_in', state],
    ['C', 'recurrent_in', state],
    ['dt', 'recurrent_gate', heads],
  ]);
}

/** Families with Mamba-1, whose layers have no heads. Zamba has two, whose rows alternate: it is not split. */
const MAMBA1 = new Set(['mamba', 'falcon_mamba', 'jamba']);

/** Configs of mamba-ssm name no family, but `[z | x]` without B and C is Mamba-1's. */
function isMamba1({ output, architecture: { layoutType }, attentionInput }: FusedMatrix): boolean {
  return layoutType === null ? attentionInput !== null && output === 2 * attentionInput : MAMBA1.has(layoutType);
}

/** `[input x | gate z]` (Mamba, arXiv 2312.00752). */
function mamba1(matrix: FusedMatrix): FusedLayout {
  return inBlocks(matrix, 1, [
    ['x', 'recurrent_in', matrix.output / 2],
    ['z', 'recurrent_in', matrix.output / 2],
  ]);
}

/** `[time step | B | C]` of Mamba-1, from the input of its state. */
function selection(matrix: FusedMatrix): FusedLayout {
  const { rank, state } = matrix.architecture.mixer.mamba;
  if (!state) return missing('the size of the state of Mamba');
  return inBlocks(matrix, 1, [
    ['dt', 'recurrent_gate', rank ?? matrix.output - 2 * state],
    ['B', 'recurrent_gate', state],
    ['C', 'recurrent_gate', state],
  ]);
}

/** `[gate before the convolution B | gate after it C | input x]`, in equal thirds (LFM2, arXiv 2511.23404). */
function shortConvolution(matrix: FusedMatrix): FusedLayout {
  const third = matrix.output / 3;
  return inBlocks(matrix, 1, [
    ['B', 'recurrent_in', third],
    ['C', 'recurrent_in', third],
    ['x', 'recurrent_in', third],
  ]);
}
