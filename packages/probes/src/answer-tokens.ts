import type { Model } from '@shadow-gate/language-model';
import { encodePair } from '@shadow-gate/language-model/tokens';
import { at, UserError } from '@shadow-gate/platform';
import type { ProbeItem } from './item.ts';
import { type PromptOptions, scoredTexts } from './prompt.ts';

/** Tokens whose logits are compared at each place of an answer. A suite with more keeps the commonest. */
const MOST_TOKENS = 512;

/**
 * Tokens of a suite's right answers, the commonest first, then by id: tokens that are never right must not make answers
 * likelier. They depend only on the suite and the tokenizer. Undefined at a server that encodes texts itself.
 */
export function answerTokens(
  items: readonly ProbeItem[],
  model: Pick<Model, 'tokenizer'>,
  options: PromptOptions,
): readonly number[] | undefined {
  const { tokenizer } = model;
  if (tokenizer === null) return undefined;
  const tokensOf = (item: ProbeItem): readonly number[] => {
    const { question } = item;
    try {
      const answer = at(scoredTexts(item, model, options), question.kind === 'choice' ? question.answer : 0);
      return encodePair(tokenizer, answer.context, answer.continuation).continuation;
    } catch (error) {
      // Asking the item reports why it cannot be encoded.
      if (error instanceof UserError) return [];
      throw error;
    }
  };
  const counts = new Map<number, number>();
  for (const token of items.flatMap(tokensOf)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const commonest = [...counts].sort(([a, often], [b, seldom]) => seldom - often || a - b);
  return commonest.slice(0, MOST_TOKENS).map(([token]) => token);
}
