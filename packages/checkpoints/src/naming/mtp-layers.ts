import type { Architecture } from '../config/architecture.ts';
import type { Tensors } from '../tensors/tensor-entry.ts';

/** Joins the hidden state and the next token's embedding at the beginning of each of these layers. */
const JOIN = /(?:^|\.)layers\.(\d{1,6})\.eh_proj\.weight$/;
/** Models have one to three. */
const MAX_LAYERS = 64;

interface Model {
  readonly tensors: Tensors;
  readonly architecture: Pick<Architecture, 'layers' | 'furtherLayers'>;
}

/** Layers for multi-token prediction after the others (DeepSeek V3, GLM-4.5), by config.json and their tensors. */
export function mtpLayers({ tensors, architecture: { layers, furtherLayers } }: Model): ReadonlySet<number> {
  const numbers = new Set<number>();
  if (layers !== null && furtherLayers !== null) {
    for (let i = 0; i < Math.min(furtherLayers, MAX_LAYERS); i += 1) numbers.add(layers + i);
  }
  for (const name of tensors.keys()) {
    const [, number] = JOIN.exec(name) ?? [];
    if (number !== undefined) numbers.add(Number(number));
  }
  return numbers;
}
