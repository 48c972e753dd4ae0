import { UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { AnswerRule, FilterStep } from '../../answer-rule.ts';
import type { TaskConfig } from './task-config.ts';

const HINT =
  'use a task with exact_match and filters that are known (docs/reference/probes.md, as lm-evaluation-harness asked it)';

/** The filters of a task without any. */
const PLAIN: NonNullable<TaskConfig['filter_list']> = [{ name: 'none', filter: [{ function: 'take_first' }] }];

export function taskFilterNames({ filter_list: filters }: TaskConfig): string[] {
  return (filters ?? PLAIN).map(({ name }) => name);
}

interface JudgedSample {
  readonly filter: string;
  readonly targets: readonly string[];
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly choices: readonly string[];
}

/** How a task reads a generated answer under a filter. @throws UserError for an unknown metric or filter */
export function taskAnswerRule(config: TaskConfig, { filter, targets, where, choices }: JudgedSample): AnswerRule {
  const pipeline = (config.filter_list ?? PLAIN).find(({ name }) => name === filter);
  if (pipeline === undefined) throw new UserError(`${where}: the task has no filter ${JSON.stringify(filter)}`, HINT);
  return {
    targets,
    steps: pipeline.filter.map((step) => filterStepOf(step, { where, choices })),
    ...exactMatchOf(config.metric_list ?? [], where),
  };
}

const regexSchema = z.object({
  regex_pattern: z.string().default(String.raw`#### (\-?[0-9\.\,]+)`),
  group_select: z.int().default(0),
  fallback: z.string().default('[invalid]'),
});

const flag = z.boolean().default(false);
const patterns = z.array(z.string()).nullish();
const multiChoiceSchema = z.object({ ignore_case: flag, ignore_punctuation: flag, regexes_to_ignore: patterns });
const exactMatchSchema = z.looseObject({
  ignore_case: flag,
  ignore_punctuation: flag,
  ignore_numbers: flag,
  regexes_to_ignore: patterns,
});

const mapSchema = z.object({
  mapping_dict: z.record(z.string(), z.string()),
  default_value: z.string().default('no_match_found'),
});

function regexStep(settings: object, where: string) {
  const given = check(regexSchema, settings, `${where}: filter regex`);
  return { pattern: given.regex_pattern, groupSelect: given.group_select, fallback: given.fallback };
}

function check<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const parsed = validate(schema, value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  throw new UserError(`${place}: ${[...path.map(String), message].join(': ')}`, HINT);
}

/** @throws UserError for an unknown step of a task's YAML */
function filterStepOf(
  step: Readonly<Record<string, unknown>>,
  { where, choices }: Pick<JudgedSample, 'where' | 'choices'>,
): FilterStep {
  const { function: name, ...settings } = step;
  switch (name) {
    case 'take_first':
    case 'remove_whitespace':
    case 'lowercase':
    case 'uppercase':
      return { function: name };
    case 'regex':
      return { function: 'regex', ...regexStep(settings, where) };
    case 'multi_choice_regex': {
      const regex = regexStep(settings, where);
      const more = check(multiChoiceSchema, settings, `${where}: filter multi_choice_regex`);
      return {
        function: 'multi_choice_regex',
        ...regex,
        ignoreCase: more.ignore_case,
        ignorePunctuation: more.ignore_punctuation,
        regexesToIgnore: more.regexes_to_ignore ?? [],
        choices,
      };
    }
    case 'map': {
      const { mapping_dict: mapping, default_value: value } = check(mapSchema, settings, `${where}: filter map`);
      return { function: 'map', mapping, defaultValue: value };
    }
    default:
      throw new UserError(`${where}: filter ${JSON.stringify(name)} is not known`, HINT);
  }
}

function exactMatchOf(metrics: NonNullable<TaskConfig['metric_list']>, where: string) {
  const entry = metrics.find(({ metric }) => metric === 'exact_match');
  if (entry === undefined) {
    const names = metrics.map(({ metric }) => JSON.stringify(metric)).join(', ');
    throw new UserError(`${where}: generated answers are judged by ${names || 'no metric'}, not exact_match`, HINT);
  }
  const options = check(exactMatchSchema, entry, `${where}: exact_match`);
  return {
    ignoreCase: options.ignore_case,
    ignorePunctuation: options.ignore_punctuation,
    ignoreNumbers: options.ignore_numbers,
    regexesToIgnore: options.regexes_to_ignore ?? [],
  };
}
