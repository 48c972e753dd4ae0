import { UserError } from '@shadow-gate/platform';
import {
  compileRegex,
  escapeRegex,
  findAll,
  PUNCTUATION,
  type PythonRegex,
  removeAll,
  strip,
} from '@shadow-gate/python';
import { z } from 'zod';
import type { Unchanged } from './unchanged.ts';

const matchShape = { pattern: z.string(), groupSelect: z.int(), fallback: z.string() };

/**
 * A step of a filter pipeline of lm-evaluation-harness (0.4.13). Patterns are Python's. `groupSelect` is the index of
 * the match, from the end if negative. Without such a match, the harness stops; here the fallback is taken.
 */
const stepSchema = z.union([
  z.strictObject({ function: z.literal('regex'), ...matchShape }),
  z.strictObject({
    function: z.literal('multi_choice_regex'),
    ...matchShape,
    ignoreCase: z.boolean(),
    ignorePunctuation: z.boolean(),
    regexesToIgnore: z.array(z.string()),
    /** `choices` of the document: texts, at most 26. */
    choices: z.array(z.string()),
  }),
  z.strictObject({ function: z.enum(['remove_whitespace', 'take_first', 'lowercase', 'uppercase']) }),
  /** `defaultValue`: for answers outside the mapping. */
  z.strictObject({ function: z.literal('map'), mapping: z.record(z.string(), z.string()), defaultValue: z.string() }),
]);
export type FilterStep = Unchanged<z.infer<typeof stepSchema>>;
type MultiChoiceStep = FilterStep & { readonly function: 'multi_choice_regex' };

/** Reads an answer from a generation and judges it: a filter pipeline and `exact_match`. */
export const ruleSchema = z.strictObject({
  targets: z.array(z.string()).min(1),
  /** The last one is `take_first`, or there are none. */
  steps: z.array(stepSchema),
  ignoreCase: z.boolean(),
  /** ASCII punctuation. */
  ignorePunctuation: z.boolean(),
  /** ASCII digits. */
  ignoreNumbers: z.boolean(),
  /** Their matches are removed from the answer and the targets before they are compared. */
  regexesToIgnore: z.array(z.string()),
});
export type AnswerRule = Unchanged<z.infer<typeof ruleSchema>>;

/** The time that some patterns take grows with the square of the length. */
export const LONGEST_GENERATION = 100_000;
const LETTERS = 26;

/**
 * The filtered answer, and the verdict of `exact_match`, as in lm-evaluation-harness 0.4.13 (`filters/extraction.py`,
 * `filters/transformation.py`, `exact_match_hf_evaluate`).
 * @throws UserError if a pattern cannot be read, if the pipeline leaves no single answer, or if the text is too long
 */
export function readAnswer(
  generated: string,
  rule: AnswerRule,
): { readonly answer: string; readonly correct: boolean } {
  checkAnswerRule(rule);
  if (generated.length > LONGEST_GENERATION) {
    throw new UserError(
      `a generation has ${generated.length} characters, and an answer is read from at most ${LONGEST_GENERATION}`,
      'give the task a smaller token budget',
    );
  }
  const answer = rule.steps.reduce<Filtered>((filtered, step) => applyStep(step, filtered), [generated]);
  const text = typeof answer === 'string' ? answer : (answer[0] ?? '');
  const [compared = ''] = comparable([text], rule);
  return { answer: text, correct: comparable(rule.targets, rule).includes(compared) };
}

/** Check a rule without a generation. @throws UserError that names the first step or pattern that cannot be read */
export function checkAnswerRule({ steps, regexesToIgnore }: Pick<AnswerRule, 'steps' | 'regexesToIgnore'>): void {
  if (steps.length > 0 && steps.at(-1)?.function !== 'take_first') {
    throw new UserError('the filter leaves a list of answers', 'end it with take_first');
  }
  for (const pattern of regexesToIgnore) compileRegex(pattern);
  for (const step of steps) {
    if (step.function !== 'regex' && step.function !== 'multi_choice_regex') continue;
    compileRegex(step.pattern);
    if (step.function === 'regex') continue;
    for (const pattern of step.regexesToIgnore) compileRegex(pattern);
    if (step.choices.length > LETTERS) {
      throw new UserError(
        `multi_choice_regex has ${step.choices.length} choices, and there are ${LETTERS} letters`,
        'use the filter regex',
      );
    }
  }
}

/** Responses, or the one that `take_first` left: a later step works on its single characters. */
type Filtered = readonly string[] | string;

function applyStep(step: FilterStep, filtered: Filtered): Filtered {
  const responses = typeof filtered === 'string' ? [...filtered] : filtered;
  switch (step.function) {
    case 'take_first':
      return responses[0] ?? '';
    case 'remove_whitespace':
      return responses.map(strip);
    case 'lowercase':
      return responses.map((response) => response.toLowerCase());
    case 'uppercase':
      return responses.map((response) => response.toUpperCase());
    case 'map':
      return responses.map((response) =>
        Object.hasOwn(step.mapping, response) ? (step.mapping[response] ?? '') : step.defaultValue,
      );
    case 'regex': {
      const regex = compileRegex(step.pattern);
      return responses.map(
        (response) => extract(regex, response, step.groupSelect, strip(step.fallback)) ?? step.fallback,
      );
    }
    case 'multi_choice_regex':
      return multiChoice(step, responses);
  }
}

/** The selected match, or its first group that is not empty, else `allEmpty`. Null if there is no such match. */
function extract(regex: PythonRegex, response: string, select: number, allEmpty: string): string | null {
  const match = findAll(regex, response).at(select);
  if (match === undefined) return null;
  return strip(typeof match === 'string' ? match : (match.find((text) => text !== '') ?? allEmpty));
}

/** The letter in parentheses: by the pattern, else by the text of a choice, else by a letter behind a colon. */
function multiChoice(step: MultiChoiceStep, responses: readonly string[]): string[] {
  const letters = step.choices.map((_, i) => String.fromCharCode(65 + i));
  const texts = step.choices.map((choice) => withoutIgnored(strip(choice), step));
  const byText = new Map(texts.map((text, i) => [text, `(${letters[i]})`]));
  const longestFirst = texts.map(escapeRegex).sort((a, b) => [...b].length - [...a].length);
  const textRegex = compileRegex(longestFirst.join('|'));
  const letterRegex = compileRegex(String.raw`:[\s]*(${letters.join('|')})`);
  const regex = compileRegex(step.pattern);
  const select = step.groupSelect;
  return responses.map((response) => {
    const byPattern = extract(regex, response, select, '');
    if (byPattern) return byPattern;
    const text = extract(textRegex, withoutIgnored(response, step), select, '');
    if (text) return byText.get(text) ?? text;
    const letter = extract(letterRegex, response, select, '');
    return letter ? `(${letter})` : step.fallback;
  });
}

function withoutIgnored(text: string, step: MultiChoiceStep): string {
  const { ignoreCase, ignorePunctuation, regexesToIgnore } = step;
  const rest = regexesToIgnore.reduce((left, pattern) => removeAll(compileRegex(pattern), left), text);
  const cased = ignoreCase ? rest.toLowerCase() : rest;
  return ignorePunctuation ? cased.replace(/\p{P}/gu, '') : cased;
}

/** In `exact_match`'s NumPy array, strings lose final NULs, and lower case grows none beyond the longest of them. */
function comparable(
  texts: readonly string[],
  { ignoreCase, ignorePunctuation, ignoreNumbers, regexesToIgnore }: AnswerRule,
): string[] {
  let kept = texts.map((text) =>
    regexesToIgnore.reduce((left, pattern) => withoutFinalNuls(removeAll(compileRegex(pattern), left)), text),
  );
  if (ignoreCase) {
    const room = Math.max(...kept.map((text) => [...text].length));
    kept = kept.map((text) => [...text.toLowerCase()].slice(0, room).join(''));
  }
  if (ignorePunctuation)
    kept = kept.map((text) => [...text].filter((character) => !PUNCTUATION.includes(character)).join(''));
  if (ignoreNumbers) kept = kept.map((text) => text.replace(/[0-9]/g, ''));
  return kept.map(withoutFinalNuls);
}

function withoutFinalNuls(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\0') end -= 1;
  return text.slice(0, end);
}
