import type { Question } from '../item.ts';
import { pieceCount } from './piece-count.ts';

/** What is asked, in one form. */
export interface Wording {
  /** Ends without white space. */
  readonly prompt: string;
  readonly question: Question;
}

/** How much longer or shorter than its benchmark form a twin may be: a longer prompt alone is harder. */
const LENGTH_TOLERANCE = 0.1;

/**
 * Of several wordings, in the order of a draw, the first that is as long as `model`, within 10 % of its pieces.
 * @param otherwise what to take where none is: the closest, or the first of the draw (if always the closest, that would
 *   be the shortest, and always the same)
 * @throws Error for no wordings
 */
export function asLongAs(
  model: Wording,
  wordings: readonly Wording[],
  otherwise: 'closest' | 'first' = 'closest',
): Wording {
  const length = pieceCount(model.prompt);
  const distance = ({ prompt }: Wording) => Math.abs(pieceCount(prompt) - length) / length;
  const closer = (best: Wording, wording: Wording) => (distance(wording) < distance(best) ? wording : best);
  const fitting = wordings.find((wording) => distance(wording) <= LENGTH_TOLERANCE);
  return fitting ?? wordings.reduce(otherwise === 'first' ? (first) => first : closer);
}
