import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import type { DrawnText } from '../../answer/own-text.ts';

/** A text as a tokenizer spells its tokens: another tokenizer is known by another text. */
export function spelled(tokenizer: Tokenizer, ids: NonNullable<DrawnText['ids']>): Pick<DrawnText, 'opening' | 'text'> {
  const decode = (sequence: readonly number[]) => tokenizer.decode(sequence, { skipSpecialTokens: false });
  const opening = decode(ids.opening);
  const whole = decode([...ids.opening, ...ids.text]);
  return { opening, text: whole.startsWith(opening) ? whole.slice(opening.length) : decode(ids.text) };
}
