import type { Measurement } from '../../measure/schema/index.ts';
import { compareOwnText } from '../estimates/own-text.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import type { OwnTextRow } from '../rows/own-text.ts';

export function pairOwnText(candidate: Measurement, baseline: Measurement | null): OwnTextRow | null {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  return own && theirs && compareOwnText(own, theirs);
}
