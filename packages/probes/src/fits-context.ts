import type { Model, Sequence } from '@shadow-gate/language-model';
import { encodedTexts, encodePair, TokenizerStopped } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import type { Form, ProbeItem } from './item.ts';
import { scoredTexts } from './prompt.ts';
import { answerLimit, type LeftOutItem, type RunProbesOptions } from './run.ts';

/**
 * Select the facts that can be asked in every judged form: the whole prompt fits the context, and the tokenizer keeps
 * it and tells the answers apart. A robustness form that cannot be asked is left out alone. Without a tokenizer, all
 * are selected, and the server reports what it cut.
 */
export function selectFitting(
  items: readonly ProbeItem[],
  model: Model,
  options: RunProbesOptions,
): { readonly fitting: ProbeItem[]; readonly leftOut: LeftOutItem[] } {
  const problems = new Map(
    items.flatMap((item) => {
      const problem = whyNotAsked(item, model, options);
      return problem === null ? [] : [[item.id, problem] as const];
    }),
  );
  const causes = new Map(
    items.filter(({ id, form }) => problems.has(id) && isNeededForm(form)).map(({ fact, id }) => [fact, id]),
  );
  const problemOf = ({ id, fact }: ProbeItem): Problem | null => {
    const form = causes.get(fact);
    return problems.get(id) ?? (form === undefined ? null : leftOutWith(form));
  };
  return {
    fitting: items.filter((item) => problemOf(item) === null),
    leftOut: items.flatMap((item): LeftOutItem[] => {
      const problem = problemOf(item);
      return problem === null ? [] : [{ id: item.id, ...problem }];
    }),
  };
}

/** Whether a fact is left out with this form. */
export function isNeededForm(form: Form): boolean {
  return form !== 'robustness';
}

/** For an item that could be asked: another form of its fact cannot. */
export function leftOutWith(id: string): Problem {
  return { reason: `${id}, another form of its fact, was left out`, cause: 'other-form' };
}

type Problem = Omit<LeftOutItem, 'id'>;

function whyNotAsked(item: ProbeItem, model: Model, options: RunProbesOptions): Problem | null {
  const { maxLength, tokenizer } = model;
  if (tokenizer === null) return null;
  const scored = scoredTexts(item, model, options);
  const texts = scored.flatMap(({ context, continuation }) => encodedTexts(context, continuation));
  const pairs = encodable(() => {
    tokenizer.encodeAhead?.([item.prompt, ...texts]);
    if (tokenizer.encode(item.prompt, { addSpecialTokens: false }).length === 0) {
      return 'the prompt has no tokens in the vocabulary of the model';
    }
    // As they will be scored: a normalizer can change an answer by the text before it.
    return scored.map(({ context, continuation }) => encodePair(tokenizer, context, continuation));
  });
  if (typeof pairs === 'string') return { reason: pairs, cause: 'not-encodable' };
  const alike = whyAlike(pairs);
  if (alike !== null) return { reason: alike, cause: 'not-encodable' };
  const maxNewTokens = answerLimit(item, options);
  const needed = Math.max(
    ...pairs.map((pair) => pair.context.length + Math.max(pair.continuation.length, maxNewTokens)),
  );
  // The last token is only scored, not read.
  const available = maxLength + 1;
  if (needed <= available) return null;
  const reason = `prompt and answer take ${needed} tokens, more than the ${available} of the model's context`;
  return { reason, cause: 'does-not-fit' };
}

/** The result, or why a text cannot be encoded. */
function encodable<T>(encode: () => T): T | string {
  try {
    return encode();
  } catch (error) {
    if (error instanceof UserError && !(error instanceof TokenizerStopped)) return error.problem;
    throw error;
  }
}

function whyAlike(answers: readonly Sequence[]): string | null {
  if (answers.some(({ continuation }) => continuation.length === 0)) {
    return 'an answer has no tokens in the vocabulary of the model';
  }
  const seen = new Map<string, number>();
  for (const [i, { context, continuation }] of answers.entries()) {
    const key = [...context, '', ...continuation].join();
    const other = seen.get(key);
    if (other !== undefined) return `answers ${other + 1} and ${i + 1} have the same tokens`;
    seen.set(key, i);
  }
  return null;
}
