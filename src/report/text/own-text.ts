import { formatRatio } from './numbers.ts';

/** Distances of models of 0.1 to 0.5 billion parameters whose change is known, in nats a token. */
const SCALE: ReadonlyArray<readonly [below: number, like: string]> = [
  [0.003, 'the same weights'],
  [0.02, 'like 8 bits'],
  [0.12, 'like 6 bits'],
  [0.5, 'like 5 bits'],
  [1.2, 'like 4 bits, or a fine-tune'],
  [2.5, 'like a hot fine-tune'],
];

/** `like 8 bits`: what changes a model by so much. */
export const distanceWords = (natsPerToken: number): string =>
  SCALE.find(([below]) => natsPerToken < below)?.[1] ?? 'like another model';

export const formatNats = (natsPerToken: number): string => `${formatRatio(natsPerToken)} nats a token`;
