import { groupBy } from '@shadow-gate/platform';
import type { OnnxModel, OnnxNode } from './model-proto.ts';

export interface WeightUse {
  readonly opType: string;
  /** Name of the node: the module's path in most exports. */
  readonly node: string;
  /** Stored [in, out], as for MatMul; otherwise [out, in, …], as for linear layers and convolutions. */
  readonly inputFirst: boolean;
  readonly recurrent?: RecurrentUse;
}

/** A recurrent layer's use of W [directions, gates · hidden, in] or R [directions, gates · hidden, hidden]. */
export interface RecurrentUse {
  readonly opType: RecurrentOperator;
  readonly matrix: 'W' | 'R';
  readonly hidden: number | null;
  /** Whether slices and concatenations before the layer may have reordered its gates. */
  readonly isReordered: boolean;
}

const RECURRENT_OPERATORS = ['LSTM', 'GRU', 'RNN'] as const;
export type RecurrentOperator = (typeof RECURRENT_OPERATORS)[number];

/** Operators of ONNX and fused ones of onnxruntime, with the indices of inputs that are weight matrices. */
const MATRIX_INPUTS: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1],
  FusedMatMul: [0, 1],
  Gemm: [0, 1],
  FusedGemm: [0, 1],
  Conv: [1],
  FusedConv: [1],
  ConvTranspose: [1],
  Gather: [0],
  Attention: [1],
  EmbedLayerNormalization: [2, 3, 4],
  MoE: [2, 4, 6],
  LSTM: [1, 2],
  GRU: [1, 2],
  RNN: [1, 2],
};

/** Biases of recurrent layers [directions, 2 · gates · hidden], and the peepholes of an LSTM. */
const BIAS_INPUTS: Readonly<Record<RecurrentOperator, readonly number[]>> = { LSTM: [3, 7], GRU: [3], RNN: [3] };

/** Operators with quantized weights as integer codes, including those of onnxruntime. */
const QUANTIZED =
  /^(DequantizeLinear|MatMulInteger|ConvInteger|QLinear\w+|QGemm|QAttention|QMoE|QEmbed\w+|QOrdered\w+|DynamicQuantize(MatMul|LSTM)|MatMulIntegerToFloat|MatMulNBits|MatMulBnb4|MatMulFpQ4|GatherBlockQuantized)$/;

const EMBEDDINGS = new Set(['Gather', 'EmbedLayerNormalization']);

/** Operators that a matrix can pass through. */
const PASSING = new Set(['Identity', 'Cast', 'Transpose']);

/** Before a recurrent layer, exporters also add an axis of directions and reorder PyTorch's gates. */
const RESHAPING = new Set(['Unsqueeze', 'Squeeze']);
const REORDERING = new Set(['Slice', 'Concat', 'Split', 'Reshape', 'Gather']);

/** Real weights take two or three steps; a hostile graph can have any number. */
const MAX_STEPS = 64;

/** Names of tables of positions and masks, which are looked up and multiplied like weights, but not trained. */
const TABLE =
  /(^|[._/])(inv_freq|(cos|sin)(_cached?|_table|$)|rotary|rope|position_ids|(causal_|attention_)?mask)([._/]|$)/i;

export function isTableName(name: string): boolean {
  return TABLE.test(name);
}

interface Consumer {
  readonly name: string;
  readonly node: OnnxNode;
  readonly input: number;
}

export class WeightUses {
  readonly #consumers: ReadonlyMap<string, readonly Consumer[]>;

  constructor({ nodes }: OnnxModel) {
    const all = nodes.flatMap((node) => node.inputs.map((name, input): Consumer => ({ name, node, input })));
    this.#consumers = groupBy(all, ({ name }) => name);
  }

  #consumersOf(name: string): readonly Consumer[] {
    return this.#consumers.get(name)?.slice(0, MAX_STEPS) ?? [];
  }

  /** The use as a matrix; a tied embedding's as a table, not as a head. Null for masks, positions and constants. */
  of(name: string, dimensions: number): WeightUse | null {
    if (dimensions < 2 || TABLE.test(name)) return null;
    const uses = this.#follow(name, dimensions).filter(({ node }) => !TABLE.test(node));
    return uses.find(({ opType }) => EMBEDDINGS.has(opType)) ?? uses[0] ?? null;
  }

  /** The operator that takes a tensor as codes of quantized weights. */
  quantizedBy(name: string): string | null {
    return this.#consumersOf(name).find(({ node }) => QUANTIZED.test(node.opType))?.node.opType ?? null;
  }

  isBias(name: string): boolean {
    const isBiasOf = ({ node: { opType }, input }: Consumer) =>
      isRecurrent(opType) && BIAS_INPUTS[opType].includes(input);
    return this.#consumersOf(name).some(isBiasOf);
  }

  #follow(name: string, dimensions: number): WeightUse[] {
    const uses: WeightUse[] = [];
    const seen = new Set<string>();
    const queue: Step[] = [{ name, isTransposed: false, isReshaped: false, isReordered: false }];
    for (let next = queue.shift(); next && seen.size < MAX_STEPS; next = queue.shift()) {
      if (seen.has(next.name)) continue;
      seen.add(next.name);
      for (const { node, input } of this.#consumersOf(next.name)) {
        const use = useBy(node, input, { dimensions, step: next });
        if (use) uses.push(use);
        queue.push(...stepsOver(node, next, dimensions));
      }
    }
    return uses;
  }
}

/** A value on the way from a stored tensor to the operator that uses it. */
interface Step {
  readonly name: string;
  readonly isTransposed: boolean;
  readonly isReshaped: boolean;
  readonly isReordered: boolean;
}

function stepsOver(node: OnnxNode, step: Step, dimensions: number): Step[] {
  const { opType, outputs } = node;
  const to = (changes: Partial<Step>) => outputs.map((name) => ({ ...step, ...changes, name }));
  if (RESHAPING.has(opType)) return to({ isReshaped: true });
  if (REORDERING.has(opType)) return to({ isReordered: true });
  // The axes that a transposition swaps are known only while the dimensions are those of the tensor.
  if (!PASSING.has(opType) || (opType === 'Transpose' && (step.isReshaped || step.isReordered))) return [];
  const turned = turns(node, dimensions);
  return turned === null ? [] : to({ isTransposed: step.isTransposed !== turned }).slice(0, 1);
}

function isRecurrent(opType: string): opType is RecurrentOperator {
  return (RECURRENT_OPERATORS as readonly string[]).includes(opType);
}

/** Does the node swap the last two dimensions? @returns null for another permutation */
function turns({ opType, numbers }: OnnxNode, dimensions: number): boolean | null {
  if (opType !== 'Transpose') return false;
  const swapped = Array.from({ length: dimensions }, (_, i) => i);
  swapped.splice(-2, 2, dimensions - 1, dimensions - 2);
  const order = numbers.get('perm') ?? swapped.map((_, i) => dimensions - 1 - i);
  return order.join() === swapped.join() ? true : null;
}

/** @param input index of the tensor among the node's inputs */
function useBy(
  node: OnnxNode,
  input: number,
  { dimensions, step }: { readonly dimensions: number; readonly step: Step },
): WeightUse | null {
  const { opType, numbers, name } = node;
  const { isTransposed, isReshaped, isReordered } = step;
  if (!Object.hasOwn(MATRIX_INPUTS, opType) || !MATRIX_INPUTS[opType]?.includes(input)) return null;
  if (isRecurrent(opType)) {
    const hidden = numbers.get('hidden_size')?.[0] ?? null;
    const recurrent = { opType, matrix: input === 1 ? 'W' : 'R', hidden, isReordered } as const;
    return { opType, node: name, inputFirst: isTransposed, recurrent };
  }
  if (isReshaped || isReordered) return null;
  if (EMBEDDINGS.has(opType)) {
    // A table has two dimensions, with rows per token; other look-ups split sizes and masks.
    const isTable = dimensions === 2 && (numbers.get('axis')?.[0] ?? 0) === 0 && !isTransposed;
    return isTable ? { opType, node: name, inputFirst: false } : null;
  }
  if (opType === 'Conv' || opType === 'FusedConv' || opType === 'ConvTranspose') {
    return isTransposed ? null : { opType, node: name, inputFirst: opType === 'ConvTranspose' };
  }
  // W is [in, out] in x·W, and [out, in] in W·x and in MoE's experts; the operators can transpose either.
  const turned = numbers.get(input === 0 ? 'transA' : 'transB')?.[0] === 1;
  return { opType, node: name, inputFirst: (input === 1) !== (turned !== isTransposed) };
}

/** Names that exporters generate: `onnx::MatMul_123`, `val_7`, `/model/layers.0/Constant_output_0`. */
const GENERATED = /^onnx::|^_?(val|v|t|tensor|const|constant|initializer)?_?\d+$|_output_\d+$/i;

/** The operator at the end of a name: `…/q_proj/MatMul_1` of a node, `…q_proj.MatMul.weight` of a tensor. */
const OPERATOR = /[/.](MatMul|FusedMatMul|Gemm|FusedGemm|Conv|FusedConv|ConvTranspose|Gather|LSTM|GRU|RNN)(_\d+)?$/;

/** The module of a tensor with a generated name, from its node's path. Null without such a path or name. */
export function moduleName(tensor: string, { node, recurrent }: WeightUse): string | null {
  if (!GENERATED.test(tensor) || !OPERATOR.test(node)) return null;
  const path = node.replace(OPERATOR, '').split('/').filter(Boolean).join('.');
  return path === '' ? null : `${path}.${recurrent?.matrix ?? 'weight'}`;
}

/** Removes the operator that some exporters add to a tensor's name: the module type follows from the rest. */
export function withoutOperator(tensor: string): string {
  const stem = tensor.replace(/\.weight$/, '');
  const bare = stem.replace(OPERATOR, '');
  return bare === stem ? tensor : `${bare}.weight`;
}
