import type { Model } from '../language-model/model.ts';
import type { Tokenizer } from '../language-model/tokens/tokenizer.ts';
import { UserError } from '../platform/user-error.ts';
import type { ProbeItem } from './item.ts';
import { contextOf, continuationOf } from './prompt.ts';
import type { LeftOutItem, RunOptions } from './run.ts';

/**
 * Select the facts of which every form can be asked: it fits the context of the model, since a prompt that is cut on
 * the left is another question, and the tokenizer keeps the prompt and tells the answers apart. Without a tokenizer,
 * all are selected, and the server reports which it has cut.
 * @returns every item in one of the two lists
 */
export function selectFitting(
  items: readonly ProbeItem[],
  model: Model,
  options: RunOptions,
): { readonly fitting: ProbeItem[]; readonly leftOut: LeftOutItem[] } {
  const problems = new Map(
    items.flatMap((item) => {
      const problem = whyNotAsked(item, model, options);
      return problem === null ? [] : [[item.id, problem] as const];
    }),
  );
  const causes = new Map(items.filter(({ id }) => problems.has(id)).map(({ fact, id }) => [fact, id]));
  return {
    fitting: items.filter(({ fact }) => !causes.has(fact)),
    leftOut: items.flatMap(({ id, fact }): LeftOutItem[] => {
      const form = causes.get(fact);
      if (form === undefined) return [];
      return [{ id, ...(problems.get(id) ?? leftOutWith(form)) }];
    }),
  };
}

/** Why an item is left out that could be asked: another form of its fact cannot. */
export function leftOutWith(id: string): Problem {
  return { reason: `${id}, another form of its fact, was left out`, cause: 'other-form' };
}

type Problem = Omit<LeftOutItem, 'id'>;

function whyNotAsked(item: ProbeItem, model: Model, options: RunOptions): Problem | null {
  const { tokenizer, maxLength } = model;
  if (tokenizer === null) return null;
  const context = contextOf(item, model, options);
  const { question } = item;
  const texts = question.kind === 'choice' ? question.choices : [question.target];
  const encoded = encodeAll(tokenizer, [context, ...texts.map((text) => continuationOf(text, options))]);
  if (typeof encoded === 'string') return { reason: encoded, cause: 'not-encodable' };
  const [prompt, ...answers] = encoded;
  if (prompt === undefined || prompt.length === 0) {
    return { reason: 'the prompt has no tokens in the vocabulary of the model', cause: 'not-encodable' };
  }
  const alike = whyAlike(answers);
  if (alike !== null) return { reason: alike, cause: 'not-encodable' };
  const longestAnswer = Math.max(
    ...answers.map(({ length }) => length),
    question.kind === 'exact' ? options.maxNewTokens : 0,
  );
  const needed = prompt.length + tokenizer.leading.length + longestAnswer;
  // The last token is only scored, not read.
  const available = maxLength + 1;
  if (needed <= available) return null;
  const reason = `prompt and answer take ${needed} tokens, more than the ${available} of the model's context`;
  return { reason, cause: 'does-not-fit' };
}

/** The tokens of some texts, or why one of them cannot be encoded. */
function encodeAll(tokenizer: Tokenizer, texts: readonly string[]): number[][] | string {
  try {
    return texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }));
  } catch (error) {
    if (error instanceof UserError) return error.problem;
    throw error;
  }
}

/** A model that cannot see a difference between two answers has no choice. */
function whyAlike(answers: ReadonlyArray<readonly number[]>): string | null {
  if (answers.some(({ length }) => length === 0)) return 'an answer has no tokens in the vocabulary of the model';
  const seen = new Map<string, number>();
  for (const [i, tokens] of answers.entries()) {
    const key = tokens.join();
    const other = seen.get(key);
    if (other !== undefined) return `answers ${other + 1} and ${i + 1} have the same tokens`;
    seen.set(key, i);
  }
  return null;
}
