import type { Model } from '../language-model/model.ts';
import type { ProbeItem } from './item.ts';
import { type AskOptions, contextOf, continuationOf, type LeftOut } from './prompt.ts';

/**
 * Sort out the facts that the model cannot be asked whole: a prompt that is cut on the left is another question. Without
 * a tokenizer the server has the last word.
 */
export function withoutThoseThatDoNotFit(
  items: readonly ProbeItem[],
  answerer: Model,
  options: AskOptions,
): { fitting: ProbeItem[]; leftOut: LeftOut[] } {
  const leftOut = items.flatMap((item): LeftOut[] => {
    const reason = misfit(item, answerer, options);
    return reason === null ? [] : [{ id: item.id, reason }];
  });
  const misfits = new Set(leftOut.map(({ id }) => id));
  const lost = new Set(items.filter(({ id }) => misfits.has(id)).map(({ fact }) => fact));
  const fitting = items.filter(({ fact }) => !lost.has(fact));
  return { fitting, leftOut };
}

function misfit(item: ProbeItem, answerer: Model, options: AskOptions): string | null {
  const { tokenizer, maxLength } = answerer;
  if (tokenizer === null) return null;
  const length = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).length;
  const { question } = item;
  const texts = question.kind === 'choice' ? question.choices : [question.target];
  const answers = texts.map((text) => length(continuationOf(text, options)));
  if (answers.some((count) => count === 0)) return 'an answer has no tokens in this vocabulary';
  const room = Math.max(...answers, question.kind === 'exact' ? options.maxNewTokens : 0);
  const needed = length(contextOf(item, answerer, options)) + tokenizer.leading.length + room;
  // The last token is never read, only scored.
  const most = maxLength + 1;
  return needed <= most ? null : `it takes ${needed} tokens with its answer, and the model reads ${most}`;
}
