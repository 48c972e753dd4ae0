import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../test/fixtures.ts';
import { type AnswerRule, type FilterStep, LONGEST_GENERATION, readAnswer } from '../src/answer-rule.ts';

interface Options {
  readonly ignore_case?: boolean;
  readonly ignore_punctuation?: boolean;
  readonly ignore_numbers?: boolean;
  readonly regexes_to_ignore?: readonly string[];
}
interface Step extends Options {
  readonly function: string;
  readonly regex_pattern?: string;
  readonly group_select?: number;
  readonly fallback?: string;
  readonly mapping_dict?: Readonly<Record<string, string>>;
  readonly default_value?: string;
}

/** Made by `make_answer_rules.py` with lm_eval's own filters and `exact_match`. */
const golden = readJson<{
  readonly texts: readonly string[];
  readonly choices: readonly string[];
  readonly pipelines: readonly (readonly Step[])[];
  /** Null: lm_eval ends there, because there is nothing to take. */
  readonly answers: readonly (readonly (string | null)[])[];
  readonly options: readonly Options[];
  readonly targets: readonly (readonly string[])[];
  readonly correct: readonly (readonly string[])[];
}>(fixture('answer-rules.json'));

const ONLY_EXACT: AnswerRule = {
  targets: [],
  steps: [],
  ignoreCase: false,
  ignorePunctuation: false,
  ignoreNumbers: false,
  regexesToIgnore: [],
};

function toStep(step: Step): FilterStep {
  const common = {
    pattern: step.regex_pattern ?? '',
    groupSelect: step.group_select ?? 0,
    fallback: step.fallback ?? '[invalid]',
  };
  switch (step.function) {
    case 'regex':
      return { function: 'regex', ...common };
    case 'multi_choice_regex':
      return {
        function: 'multi_choice_regex',
        ...common,
        ignoreCase: step.ignore_case ?? false,
        ignorePunctuation: step.ignore_punctuation ?? false,
        regexesToIgnore: step.regexes_to_ignore ?? [],
        choices: golden.choices,
      };
    case 'map':
      return { function: 'map', mapping: step.mapping_dict ?? {}, defaultValue: step.default_value ?? '' };
    default:
      return { function: step.function as 'take_first' };
  }
}

describe('an answer of lm-evaluation-harness', () => {
  it.each(golden.pipelines.map((steps, i) => [JSON.stringify(steps), steps, golden.answers[i]] as const))(
    'is read by %s as the harness reads it',
    (_, steps, expected = []) => {
      const rule = { ...ONLY_EXACT, steps: steps.map(toStep) };
      const read = golden.texts.map((text) => readAnswer(text, rule).answer);
      expect(read).toEqual(expected.map((answer) => answer ?? ''));
    },
  );

  it.each(golden.options.map((options, i) => [JSON.stringify(options), options, golden.correct[i]] as const))(
    'is right with %s where exact_match gives 1',
    (_, options, expected) => {
      const rule = {
        ...ONLY_EXACT,
        ignoreCase: options.ignore_case ?? false,
        ignorePunctuation: options.ignore_punctuation ?? false,
        ignoreNumbers: options.ignore_numbers ?? false,
        regexesToIgnore: options.regexes_to_ignore ?? [],
      };
      const right = golden.targets.map((targets) =>
        golden.texts.map((text) => Number(readAnswer(text, { ...rule, targets }).correct)).join(''),
      );
      expect(right).toEqual(expected);
    },
  );

  it('covers both outcomes', () => {
    expect(new Set(golden.correct.flat().join(''))).toEqual(new Set('01'));
  });

  it('is wrong without a target', () => {
    expect(readAnswer('', ONLY_EXACT)).toEqual({ answer: '', correct: false });
  });
});

describe('an answer that cannot be read', () => {
  const regex = (pattern: string) => ({ function: 'regex', pattern, groupSelect: 0, fallback: '' }) as const;

  it('has a step behind which several answers are left', () => {
    expect(() => readAnswer('a', { ...ONLY_EXACT, steps: [regex('a')] })).toThrow('end it with take_first');
  });

  it('has a pattern that is refused', () => {
    const steps = [regex('a++'), { function: 'take_first' }] as const;
    expect(() => readAnswer('a', { ...ONLY_EXACT, steps })).toThrow('the regular expression "a++" has a possessive');
    expect(() => readAnswer('a', { ...ONLY_EXACT, regexesToIgnore: ['('] })).toThrow('has a "(" without a ")"');
  });

  it('is longer than any answer', () => {
    expect(() => readAnswer('a'.repeat(LONGEST_GENERATION + 1), ONLY_EXACT)).toThrow('at most 100000');
  });

  it('has more choices than letters', () => {
    const step = toStep({ function: 'multi_choice_regex', regex_pattern: 'a' }) as FilterStep & {
      readonly function: 'multi_choice_regex';
    };
    const steps = [{ ...step, choices: Array.from({ length: 27 }, String) }, { function: 'take_first' }] as const;
    expect(() => readAnswer('a', { ...ONLY_EXACT, steps })).toThrow('27 choices');
  });
});
