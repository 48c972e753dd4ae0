import type { Form } from '@shadow-gate/probes/item';
import type { ItemTable, StoredFact, StoredItem } from '../../compare/probes/index.ts';
import { formatCount, formatInteger, formatNumber, NO_NUMBER } from './numbers.ts';
import { listedNames, type Phrase, phrase, term } from './phrase.ts';
import { formName, TWIN_LABELS } from './twin-words.ts';

/** One item of a report, with names in place of indices. */
export interface ShownItem {
  /** Index of its form. */
  readonly form: number;
  readonly name: string;
  /** The name next to the column's: `by text`, `open`; empty for the exam. */
  readonly shortName: string;
  readonly isAside: boolean;
  /** Null if unknown, withheld, or equal to another form's. */
  readonly prompt: string | null;
  /** Name of the form that has the same prompt. */
  readonly promptOf: string | null;
  /** Null: withheld, as the answers are. */
  readonly right: string | null;
  readonly baseline: ShownAnswer | null;
  readonly candidate: ShownAnswer;
  /** Candidate − baseline. */
  readonly marginChange: number | null;
}

export interface ShownAnswer {
  readonly given: string | null;
  readonly isRight: boolean;
  readonly margin: number;
}

/** The items of a fact. @throws RangeError for a table that its schema would refuse */
export function shownItems({ items }: StoredFact, { forms }: Pick<ItemTable, 'forms'>): ShownItem[] {
  return items.map((item) => {
    const [form, prompt, right, before, after, wasRight, isRight, marginBefore, margin] = item;
    const own = forms[form];
    if (own === undefined) throw new RangeError(`there is no form ${form}`);
    return {
      form,
      name: itemFormName(own),
      shortName: shortName(own),
      isAside: own.aside === true,
      prompt: typeof prompt === 'number' ? null : prompt,
      promptOf: typeof prompt === 'number' ? formOf(items[prompt], forms) : null,
      right,
      baseline:
        wasRight === null || marginBefore === null
          ? null
          : { given: before ?? right, isRight: wasRight === 1, margin: marginBefore },
      candidate: { given: after ?? right, isRight: isRight === 1, margin },
      marginChange: marginBefore === null ? null : margin - marginBefore,
    };
  });
}

function formOf(item: StoredItem | undefined, forms: ItemTable['forms']): string | null {
  const form = item && forms[item[0]];
  return form === undefined ? null : itemFormName(form);
}

/** `no options`, `exam`: the name of one item. */
export const itemFormName = ({ form, kind }: ItemTable['forms'][number]): string =>
  form === 'twin' ? (kind === null ? 'other form' : TWIN_LABELS[kind]) : formName(form, kind);

const SHORT_NAMES: Readonly<Record<Form, string>> = {
  benchmark: '',
  'benchmark-text': 'by text',
  twin: 'twin',
  robustness: 'distracted',
};

const shortName = ({ form, kind }: ItemTable['forms'][number]): string =>
  form === 'twin' && kind !== null ? kind : SHORT_NAMES[form];

const ANSWER_MARKS = { right: '✓', wrong: '✗' } as const;

export const answerMark = ({ isRight }: Pick<ShownAnswer, 'isRight'>): string =>
  isRight ? ANSWER_MARKS.right : ANSWER_MARKS.wrong;

/** `✓→✗`: right in the baseline, wrong in the candidate. */
export const movedMark = ({ baseline, candidate }: Pick<ShownItem, 'baseline' | 'candidate'>): string =>
  baseline === null ? answerMark(candidate) : `${answerMark(baseline)}→${answerMark(candidate)}`;

export function marginChangeText(change: number | null): string {
  if (change === null) return NO_NUMBER;
  return change > 0 ? `+${formatNumber(change)}` : formatNumber(change);
}

export const FLIPS: Readonly<Record<NonNullable<StoredFact['flip']>, string>> = { lost: 'flip', kept: 'kept letter' };

export function itemsIntroduction({ hasBaseline, forms }: Pick<ItemTable, 'hasBaseline' | 'forms'>): Phrase {
  const marks = hasBaseline
    ? phrase`${ANSWER_MARKS.right}→${ANSWER_MARKS.wrong}: right in the baseline, wrong in the candidate.`
    : phrase`${ANSWER_MARKS.right}: right, ${ANSWER_MARKS.wrong}: wrong.`;
  const order = hasBaseline
    ? phrase`Flips come first (the ${term('benchmarkForm', 'exam')} is right before and after, ${term('twin', 'another form')} became wrong; or a ${term('keptLetter', 'memorized letter')} is given again), then facts that lost an answer, those that won one, and the others. `
    : phrase`Facts that the candidate has wrong come first. `;
  return phrase`One row for each fact: the exam and its other forms. ${marks}${forms.some(({ aside }) => aside) ? ' In italics: takes no part in tests.' : ''} ${order}The margin is the score of the right answer minus that of the best other one (log-likelihood, or that per character); of a generated answer it is the mean log-probability of the right answer’s tokens. Higher is better.`;
}

/** Null if the page shows every fact. */
export function leftOutSentence(table: ItemTable, shown: number): string | null {
  const { facts, leftOut } = table;
  const all = facts.length + leftOut.facts;
  if (shown === all) return null;
  const flips = leftOut.flips + facts.slice(shown).filter(({ flip }) => flip !== undefined).length;
  const inReport = facts.length - shown;
  const parts = [
    ...(inReport > 0 ? [`${formatInteger(inReport)} more are in report.json`] : []),
    ...(leftOut.facts > 0 ? [`${formatInteger(leftOut.facts)} are in the measurements alone`] : []),
  ];
  return `Here are ${formatInteger(shown)} of ${formatCount(all, 'fact')}, to keep the page small: ${parts.join(', and ')}. ${flips === 0 ? 'No flip is left out.' : `${formatCount(flips, 'flip')} are left out.`}`;
}

export function withheldSentence({ parts }: Pick<ItemTable, 'parts'>): Phrase {
  const suites = new Set(parts.flatMap(({ suite, texts }) => (texts === undefined ? [] : [suite])));
  if (suites.size === 0) return [];
  const named = listedNames([...suites].slice(0, MAX_NAMED), suites.size);
  return phrase`Prompts and answers of ${named} are withheld: a private benchmark. There are marks and margins.`;
}

const MAX_NAMED = 8;

/** Replaces a prompt. */
export const promptNote = ({ promptOf }: Pick<ShownItem, 'promptOf'>): string =>
  promptOf === null ? 'The prompt is not known.' : `The same prompt as the ${promptOf}.`;

/** Replaces the list. */
export const NO_ITEMS = 'The items are not in this report: it was made by a version that kept only the examples below.';

/** Characters of a title; the item has the whole prompt. */
const LENGTH = 120;

/** A line with an option, or one that only asks for the answer. */
const OPTION = /^\(?[A-J]\s?[).:]\s/;
const LABEL = /^\P{P}{0,20}[:：]$/u;
const INLINE_OPTIONS = /([?？؟])\s+\(?A\s?[).:]\s.*$/;
const INLINE_LABEL = /\s+(?:answer|a)\s?:$/i;
const HEAD = /^(?:question|q)\s?:\s*/i;

/**
 * The question of a fact, in one line: the last line with a question mark in the first known prompt (the exam's), since
 * examples precede the question; else the last line that is neither an option nor a label such as `Answer:`. Null if no
 * text is disclosed.
 */
export function questionTitle(items: readonly Pick<ShownItem, 'prompt'>[]): string | null {
  const prompt = items.find((item) => item.prompt !== null)?.prompt ?? '';
  const lines = prompt.split(/\r?\n/).map((line) => line.trim());
  const own = lines.filter((line) => line !== '' && !OPTION.test(line) && !LABEL.test(line));
  const line = own.findLast((text) => /[?？؟]/.test(text)) ?? own.at(-1) ?? lines.findLast((text) => text !== '');
  if (line === undefined) return null;
  const title = line.replace(HEAD, '').replace(INLINE_OPTIONS, '$1').replace(INLINE_LABEL, '') || line;
  return title.length <= LENGTH ? title : `${title.slice(0, LENGTH).replace(/[\ud800-\udbff]$/, '')}…`;
}
