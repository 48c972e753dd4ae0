import type { Model } from '../language-model/model.ts';
import type { ProbeItem } from './item.ts';
import { contextOf, continuationOf } from './prompt.ts';
import type { LeftOutItem, RunOptions } from './run.ts';

/**
 * Select the facts of which every form fits the context of the model: a prompt that is cut on the left is another
 * question. Without a tokenizer, all are selected, and the server reports which it has cut.
 */
export function selectFitting(
  items: readonly ProbeItem[],
  model: Model,
  options: RunOptions,
): { readonly fitting: ProbeItem[]; readonly leftOut: LeftOutItem[] } {
  const leftOut = items.flatMap((item): LeftOutItem[] => {
    const reason = whyNotFitting(item, model, options);
    return reason === null ? [] : [{ id: item.id, reason }];
  });
  const ids = new Set(leftOut.map(({ id }) => id));
  const facts = new Set(items.filter(({ id }) => ids.has(id)).map(({ fact }) => fact));
  return { fitting: items.filter(({ fact }) => !facts.has(fact)), leftOut };
}

function whyNotFitting(item: ProbeItem, model: Model, options: RunOptions): string | null {
  const { tokenizer, maxLength } = model;
  if (tokenizer === null) return null;
  const length = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).length;
  const { question } = item;
  const texts = question.kind === 'choice' ? question.choices : [question.target];
  const answers = texts.map((text) => length(continuationOf(text, options)));
  if (answers.some((count) => count === 0)) return 'an answer has no tokens in the vocabulary of the model';
  const longestAnswer = Math.max(...answers, question.kind === 'exact' ? options.maxNewTokens : 0);
  const needed = length(contextOf(item, model, options)) + tokenizer.leading.length + longestAnswer;
  // The last token is only scored, not read.
  const available = maxLength + 1;
  return needed <= available
    ? null
    : `prompt and answer take ${needed} tokens, more than the ${available} of the model's context`;
}
