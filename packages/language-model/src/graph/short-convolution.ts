import type { Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { ShortConvolution } from '../architectures/recurrent.ts';
import { applyLinear } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import type { RecurrentBlock } from './recurrent-block.ts';

export function shortConvolutionBlock(
  graph: ModelGraph,
  { input, convolution }: ShortConvolution,
  x: Value,
): RecurrentBlock {
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
