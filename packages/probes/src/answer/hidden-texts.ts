import { createHmac } from 'node:crypto';
import { given, UserError } from '@shadow-gate/platform';
import { type AnswerKind, type ProbeItem, rightAnswerText } from '../item.ts';
import type { Suite } from '../suite.ts';
import type { TextSuite } from '../texts/text-suite.ts';
import { KEPT_CHARACTERS } from './item-table.ts';
import type { LeftOutMeasurement, MeasuredProbes, ProbeItemMeasurement, SuiteMeasurement } from './schema.ts';
import { sharesText, withoutQuotes } from './without-quotes.ts';

/**
 * In measurements of private benchmarks, hashes take the place of texts. Their key is made of all prompts and right
 * answers of the suite, and is not stored with them. So nobody without the file can look up a short answer, or try
 * prompts one by one. Two measurements of one suite have the same hashes, which are compared like texts.
 */

/** Another way of hashing needs another name: hashes of both would be compared. */
const KEY_OF = 'shadow-gate/hidden-texts@1';

function keyOf(items: readonly Record<'id' | 'prompt' | 'right', string>[]): string {
  const texts = items.map(({ id, prompt, right }) => [id, prompt.slice(0, KEPT_CHARACTERS), right]);
  return createHmac('sha256', KEY_OF).update(JSON.stringify(texts)).digest('hex');
}

/** The key of a suite's hashes: 64 hexadecimal digits. @param items all of the suite */
export function textKey(items: readonly ProbeItem[]): string {
  return keyOf(items.map((item) => ({ id: item.id, prompt: item.prompt, right: rightAnswerText(item) })));
}

/** The key in the measurement, or that of all its items; null if a file of an older version has only some of them. */
export function keyOfMeasured({ name, textKey: key, items: size }: SuiteMeasurement, items: MeasuredProbes['items']) {
  if (key !== undefined) return key;
  const own = items.filter(({ suite }) => suite === name);
  const known = own.flatMap(({ id, prompt, right }) => (prompt === null ? [] : [{ id, prompt, right }]));
  return known.length === size ? keyOf(known) : null;
}

/** 96 bits: no two texts of all benchmarks are confused. */
const CHARACTERS = 16;

/** A label stands in a sentence of a report, and a suite has at most a few dozen. */
const LABEL_CHARACTERS = 6;

function hash(key: string, ...parts: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}

/** The same in all items of the suite: labels are counted. */
function hashLabel(key: string, label: string): string {
  return label === '' ? '' : `#${hash(key, 'label', label).slice(0, LABEL_CHARACTERS)}`;
}

/** Attributes that tell nothing about a text. All others are hashed. */
const KEPT: ReadonlySet<string> = new Set([
  ...['suite', 'id', 'fact', 'capability', 'family', 'cluster', 'form', 'kind', 'answers', 'level', 'chance'],
  ...['correct', 'margin', 'probability', 'likelihood', 'samples', 'reading', 'cause', 'reason'],
]);

type Hide = (value: never, key: string, id: string) => unknown;

/** Attributes with their own way of hashing. Equal values have equal hashes in all items of the suite. */
const HIDING: Readonly<Partial<Record<string, Hide>>> = {
  passage: (name: string, key) => hash(key, 'passage', name).slice(0, CHARACTERS),
  oldLabel: (label: string, key) => hashLabel(key, label),
  oldLabels: (labels: object, key) => {
    const renamed = Object.entries(labels).map((pair) => pair.map((label) => hashLabel(key, label)));
    return Object.fromEntries(renamed) as Record<string, string>;
  },
  slices: (slices: object, key) => {
    const hideSlice = (field: string, value: string) => `#${hash(key, 'slice', field, value).slice(0, CHARACTERS)}`;
    return Object.fromEntries(Object.entries(slices).map(([field, value]) => [field, hideSlice(field, value)]));
  },
  // Different for each item.
  spelling: (digest: string, key, id) => hideDigest(key, { kind: 'spelling', id }, digest),
  tokens: (digest: string, key, id) => hideDigest(key, { kind: 'tokens', id }, digest),
};

function hideAttributes<T extends { readonly id: string }>(item: T, key: string): T {
  const hidden = Object.entries(item).map(([name, value]) => {
    if (KEPT.has(name) || value === null) return [name, value];
    const hide = HIDING[name] ?? ((own: unknown) => hash(key, name, JSON.stringify(own)).slice(0, CHARACTERS));
    return [name, hide(value as never, key, item.id)];
  });
  return Object.fromEntries(hidden) as T;
}

/**
 * Hashes take the place of prompt and answers. Equal texts of two items get different hashes; equal labels do not. The
 * log-probabilities are shuffled in the same way for every model: in the order of the choices, the highest one would
 * tell the letter. @param answers for items of older versions, which do not say whether labels are answered
 */
export function hideItem(
  item: ProbeItemMeasurement,
  key: string,
  answers: AnswerKind | undefined = item.answers,
): ProbeItemMeasurement {
  const { id, prompt, right, given: answer, logprobs, scaledLogprobs, lengths, ...others } = item;
  const place = (i: number) => hash(key, 'order', id, String(i));
  const areLabels = answers === 'label' || item.oldLabel !== undefined;
  const hideText = (kind: string, text: string) => hash(key, kind, id, text).slice(0, CHARACTERS);
  const hideAnswer = (text: string) => {
    if (areLabels) return hashLabel(key, text);
    return text === '' ? '' : hideText('answer', text);
  };
  return {
    ...hideAttributes({ id, ...others }, key),
    prompt: prompt === null ? null : hideText('prompt', prompt),
    right: hideAnswer(right),
    given: hideAnswer(answer),
    logprobs: logprobs && shuffled(logprobs, place),
    ...given({
      scaledLogprobs: scaledLogprobs && shuffled(scaledLogprobs, place),
      lengths: lengths && shuffled(lengths, place),
    }),
  };
}

/** As many hexadecimal digits as before. */
function hideDigest(key: string, { kind, id }: { readonly kind: string; readonly id: string }, digest: string): string {
  return Buffer.from(hash(key, kind, id, digest), 'base64url')
    .toString('hex')
    .slice(0, digest.length);
}

function shuffled<T>(values: readonly T[], keyOfIndex: (index: number) => string): T[] {
  return values
    .map((value, i) => ({ value, key: keyOfIndex(i) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ value }) => value);
}

/** For an item that was not asked: hides its labels, and quotations in its reason. */
export function hideLeftOut(item: LeftOutMeasurement, key: string): LeftOutMeasurement {
  return { ...hideAttributes(item, key), reason: withoutQuotes(item.reason) };
}

export function hidesTexts({ texts }: Pick<Suite, 'texts'>): boolean {
  return texts !== undefined && !texts.kept;
}

/** Errors hide such texts too: a tokenizer quotes text that it cannot encode, and servers may repeat a question. */
export async function hidingErrors<T>(
  { suites, texts = [] }: { readonly suites: readonly Suite[]; readonly texts?: readonly TextSuite[] | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const hidden = [
    ...suites.filter(hidesTexts).flatMap(({ items }) => items.flatMap(textsOf)),
    ...texts.filter(({ kept }) => !kept).flatMap((suite) => suite.texts.map(({ text }) => text)),
  ];
  try {
    return await work();
  } catch (error) {
    if (hidden.length === 0 || !(error instanceof UserError)) throw error;
    throw hideError(error, (message) => (sharesText(message, hidden) ? NOT_SHOWN : message));
  }
}

const NOT_SHOWN = 'the probes could not run, and the reason is not shown since it has a text of them';

function textsOf({ prompt, question }: ProbeItem): readonly string[] {
  return [prompt, ...(question.kind === 'choice' ? question.choices : [question.target])];
}

const HINT = 'for the whole message, run it where texts may be shown, without probes-text: omit';

export function hideError(error: UserError, hideMore = (message: string) => message): UserError {
  const problem = hideMore(withoutQuotes(error.problem));
  const hint = hideMore(withoutQuotes(error.hint));
  const isWhole = problem === error.problem && hint === error.hint;
  return isWhole ? error : new UserError(problem, HINT, { code: error.code });
}
