import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Convolution } from '../architectures/parts.ts';
import type { Recurrent, ShortConvolution } from '../architectures/recurrent.ts';
import { activate } from './activation.ts';
import { gatedDeltaBlock } from './gated-delta.ts';
import { applyLinear, loadFloat32 } from './linear.ts';
import { mamba2Block } from './mamba2.ts';
import type { ModelGraph } from './model-graph.ts';
import { concat } from './operators.ts';
import type { RecurrentBlock, StepResult } from './recurrent-block.ts';

/**
 * Layers with a state see the slots of a batch in sequence order. Sequences with the same beginning form a tree of
 * slots: first the trunks, each from its sequence's state before the batch, then the branches, each from the state at
 * the end of its trunk. Everything but convolution and recurrence is computed once per slot.
 */
export type Stage = 'trunk' | 'branches';

/** N rows of T slots each, padded. */
export interface StageInputs {
  /** int64 [N, T]: flat slots. */
  readonly slots: Value;
  /** float32 [N, T, 1]: 0 for padding, which changes no state. */
  readonly mask: Value;
  /**
   * int64 [N, T]: convolution inputs, among those before the batch [B · (kernel − 1)], those of the slots [B · S], and
   * one of zeros, for padding.
   */
  readonly inputs: Value;
  /** int64 [N, kernel − 1]: the inputs before the row. */
  readonly before: Value;
  /** int64 [N]: the sequence of a trunk, or the trunk of a branch. Null: all begin without a state. */
  readonly parents: Value | null;
}

export interface RecurrenceInputs extends Readonly<Record<Stage, StageInputs>> {
  /** int64 [B · S]: index of each slot's output among those of all trunks and then all branches. */
  readonly source: Value;
  /** int64 [B, kernel − 1]: the inputs of the convolution before the next token. Null without a cache. */
  readonly after: Value | null;
}

export interface PastState {
  /** float32 [B, kernel − 1, channels]. */
  readonly inputs: Value;
  /** float32 [B, heads, rows, columns]; null for a convolution alone. */
  readonly state: Value | null;
}

interface RecurrentResult {
  /** [m, input of the output projection]. */
  readonly mixed: Value;
  readonly present: PastState | null;
}

/** Convolution and recurrence of a block: [B · S, width], after `finish`. */
export function followSequences(
  graph: ModelGraph,
  block: RecurrentBlock,
  { inputs, past }: { readonly inputs: RecurrenceInputs; readonly past: PastState | null },
): RecurrentResult {
  const { channels } = block.convolution;
  const zeros = graph.constant(Array<number>(channels).fill(0), 'float32', [1, channels]);
  const pastRows = past === null ? [] : [graph.reshape(past.inputs, [-1, channels])];
  const all = concat(graph, [...pastRows, block.input, zeros], 0);
  const run = (stage: StageInputs, before: Value | null): StepResult => {
    const state = before === null || stage.parents === null ? null : gather(graph, before, stage.parents);
    return runStage(graph, block, stage, { all, state });
  };
  const trunk = run(inputs.trunk, past?.state ?? null);
  const branches = run(inputs.branches, trunk.state);
  const flat = [trunk, branches].map(({ output }) => graph.reshape(output, [-1, block.width]));
  const mixed = block.finish(gather(graph, concat(graph, flat, 0), inputs.source));
  const present = inputs.after === null ? null : { inputs: gather(graph, all, inputs.after), state: trunk.state };
  return { mixed, present };
}

/** A mixer with a state, without its output projection: x [B · S, hidden]. */
export function recurrentBlock(graph: ModelGraph, mixer: Recurrent, x: Value): RecurrentBlock {
  switch (mixer.kind) {
    case 'gated-delta':
      return gatedDeltaBlock(graph, mixer, x);
    case 'mamba2':
      return mamba2Block(graph, mixer, x);
    case 'short-convolution':
      return shortConvolutionBlock(graph, mixer, x);
  }
}

function shortConvolutionBlock(graph: ModelGraph, { input, convolution }: ShortConvolution, x: Value): RecurrentBlock {
  const [before, after, inner] = graph.node('Split', [applyLinear(graph, input, x)], {
    outputs: 3,
    attributes: { axis: -1, num_outputs: 3 },
  });
  return {
    convolution,
    width: convolution.channels,
    input: graph.op('Mul', [before, inner]),
    beside: [],
    step: ({ convolved }) => ({ output: convolved, state: null }),
    finish: (output) => graph.op('Mul', [after, output]),
  };
}

function runStage(
  graph: ModelGraph,
  { convolution, beside, step }: RecurrentBlock,
  { slots, mask, inputs, before }: StageInputs,
  { all, state }: { readonly all: Value; readonly state: Value | null },
): StepResult {
  const { module, channels, bias, activation } = convolution;
  const isFused = activation === 'silu';
  const inRows = (value: Value) => graph.op('Mul', [gather(graph, value, slots), mask]);
  const weight = loadTaps(graph, convolution);
  const shift = bias ? loadFloat32(graph, graph.weights.tensor(`${module}.bias`, [channels])) : null;
  const convolutionInputs = [gather(graph, all, inputs), weight, shift, gather(graph, all, before)];
  const [convolved] = graph.node('CausalConvWithState', convolutionInputs, {
    outputs: [true, true],
    attributes: { ndim: 1, channels_last: 1, activation: isFused ? 'silu' : 'none' },
    domain: 'com.microsoft',
  });
  const activated = isFused ? convolved : activate(graph, activation, convolved);
  return step({ convolved: activated, beside: beside.map(inRows), mask, state });
}

/** [channels, 1, kernel]: zeros between the taps and before the first. */
function loadTaps(graph: ModelGraph, convolution: Convolution): Value {
  const { channels, kernel, taps } = convolution;
  const { count, dilation } = taps ?? { count: kernel, dilation: 1 };
  const weight = loadConvolution(graph, convolution, count);
  const padded = (value: Value, pads: readonly number[]) =>
    graph.op('Pad', [value, graph.constant(pads, 'int64'), graph.constant([0], 'float32', [])]);
  const reach = (count - 1) * dilation + 1;
  const spread = () => {
    const columns = padded(graph.reshape(weight, [channels, count, 1]), [0, 0, 0, 0, 0, dilation - 1]);
    return graph.slice(graph.reshape(columns, [channels, 1, count * dilation]), 2, 0, reach);
  };
  const apart = dilation === 1 ? weight : spread();
  return reach === kernel ? apart : padded(apart, [0, 0, kernel - reach, 0, 0, 0]);
}

/** [channels, 1, count]. */
function loadConvolution(graph: ModelGraph, { module, channels, parts }: Convolution, count: number): Value {
  const load = (part: { readonly module: string; readonly channels: number }) =>
    loadFloat32(graph, graph.weights.tensor(`${part.module}.weight`, [part.channels, 1, count]));
  if (parts === undefined || graph.weights.has(`${module}.weight`)) return load({ module, channels });
  return concat(graph, parts.map(load), 0);
}

export function gather(graph: Graph, value: Value, indices: Value): Value {
  return graph.op('Gather', [value, indices], { axis: 0 });
}
