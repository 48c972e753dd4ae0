import type { Tensor } from '@shadow-gate/checkpoints/onnx';
import type { Layer } from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import { BACKBONE, RECURRENCE } from '../graph/backbone-names.ts';
import { keepingMixers, type LayerCache } from './kv-cache.ts';

/** A layer's cache, as inputs and outputs of its graph. */

/** Names of the outputs that a layer leaves for later tokens. */
export function presentNames(layer: Pick<Layer, 'mixer'>, i: number): string[] {
  return keepingMixers(layer).flatMap((mixer) => {
    if (mixer.kind === 'attention') return [BACKBONE.presentKey(i), BACKBONE.presentValue(i)];
    const { state, ngrams } = recurrentShape(mixer);
    return [
      RECURRENCE.presentInputs(i),
      ...(state === null ? [] : [RECURRENCE.presentState(i)]),
      ...(ngrams === null ? [] : [RECURRENCE.presentNgrams(i)]),
    ];
  });
}

export function presentOutputs(layer: Pick<Layer, 'mixer'>, i: number, output: (name: string) => Tensor): LayerCache {
  return keepingMixers(layer).map((mixer) => {
    if (mixer.kind === 'attention') {
      return { kind: 'attention', key: output(BACKBONE.presentKey(i)), value: output(BACKBONE.presentValue(i)) };
    }
    const { state, ngrams } = recurrentShape(mixer);
    return {
      kind: 'recurrent',
      inputs: output(RECURRENCE.presentInputs(i)),
      state: state && output(RECURRENCE.presentState(i)),
      ngrams: ngrams === null ? null : output(RECURRENCE.presentNgrams(i)),
    };
  });
}

export function pastInputs(layer: LayerCache, i: number): Record<string, Tensor> {
  const feeds = layer.map((cache): Record<string, Tensor> => {
    if (cache.kind === 'attention') return { [BACKBONE.pastKey(i)]: cache.key, [BACKBONE.pastValue(i)]: cache.value };
    const { inputs, state, ngrams } = cache;
    return {
      [RECURRENCE.pastInputs(i)]: inputs,
      ...(state && { [RECURRENCE.pastState(i)]: state }),
      ...(ngrams && { [RECURRENCE.pastNgrams(i)]: ngrams }),
    };
  });
  return Object.assign({}, ...feeds);
}
