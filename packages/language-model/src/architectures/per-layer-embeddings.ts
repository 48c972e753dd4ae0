import type { Activation, Linear, Norm } from './parts.ts';

/**
 * Embeddings of each layer (Gemma 3n, Gemma 4): for a token with embedding e in the stream, (norm(projection(e) ·
 * projectionScale) + scale · table[token]) / √2, viewed as [layers, size].
 */
export interface PerLayerEmbeddings {
  /** [vocabulary, layers · size]. */
  readonly table: string;
  readonly vocabulary: number;
  readonly size: number;
  readonly scale: number;
  readonly projection: Linear;
  readonly projectionScale: number;
  /** Over `size`, the same for all layers. */
  readonly norm: Norm;
}

/** h += norm(projection(activation(gate(h)) · the layer's embedding of the token)). */
export interface PerLayerInput {
  readonly gate: Linear;
  readonly activation: Activation;
  readonly projection: Linear;
  readonly norm: Norm;
}
