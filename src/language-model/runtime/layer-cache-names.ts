import type { Tensor } from '../../onnx/session.ts';
import { hasOwnKeys, type Mixer } from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import { BACKBONE, RECURRENCE } from '../graph/backbone-names.ts';
import type { LayerCache } from './kv-cache.ts';

/** What a layer keeps of tokens, and the inputs and outputs of its graph for that. */

/** Names of the outputs that a layer leaves for later tokens. */
export function presentNames(mixer: Mixer | null, i: number): string[] {
  if (mixer === null) return [];
  if (mixer.kind === 'attention' && !hasOwnKeys(mixer)) return [];
  if (mixer.kind === 'attention') return [BACKBONE.presentKey(i), BACKBONE.presentValue(i)];
  const { state, ngrams } = recurrentShape(mixer);
  return [
    RECURRENCE.presentInputs(i),
    ...(state === null ? [] : [RECURRENCE.presentState(i)]),
    ...(ngrams === null ? [] : [RECURRENCE.presentNgrams(i)]),
  ];
}

export function presentOutputs(mixer: Mixer | null, i: number, output: (name: string) => Tensor): LayerCache | null {
  if (mixer === null) return null;
  if (mixer.kind === 'attention') {
    if (!hasOwnKeys(mixer)) return null;
    return { kind: 'attention', key: output(BACKBONE.presentKey(i)), value: output(BACKBONE.presentValue(i)) };
  }
  const { state, ngrams } = recurrentShape(mixer);
  return {
    kind: 'recurrent',
    inputs: output(RECURRENCE.presentInputs(i)),
    state: state && output(RECURRENCE.presentState(i)),
    ngrams: ngrams === null ? null : output(RECURRENCE.presentNgrams(i)),
  };
}

export function pastInputs(layer: LayerCache | null, i: number): Record<string, Tensor> {
  if (layer === null) return {};
  if (layer.kind === 'attention') return { [BACKBONE.pastKey(i)]: layer.key, [BACKBONE.pastValue(i)]: layer.value };
  const { inputs, state, ngrams } = layer;
  return {
    [RECURRENCE.pastInputs(i)]: inputs,
    ...(state && { [RECURRENCE.pastState(i)]: state }),
    ...(ngrams && { [RECURRENCE.pastNgrams(i)]: ngrams }),
  };
}
