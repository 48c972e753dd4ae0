import { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import type { Weights } from '../architectures/weights.ts';

/** A graph with the weights of one checkpoint. */
export class ModelGraph extends Graph {
  readonly weights: Weights;

  constructor(weights: Weights) {
    super();
    this.weights = weights;
  }
}
