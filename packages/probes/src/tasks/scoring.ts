import { UserError } from '@shadow-gate/platform';
import { type AnswerRule, checkAnswerRule } from '../answer-rule.ts';
import { taskAnswerRule, taskFilterNames } from '../files/lm-eval/task-answer-rule.ts';
import type { TaskConfig } from '../files/lm-eval/task-config.ts';
import type { Entries } from './entries.ts';
import { pythonToJson } from './python/json.ts';
import type { OutputType } from './task.ts';

/** Known metrics by output type, and those of the harness for a task that names none. */
const METRICS: Readonly<Record<OutputType, { readonly known: readonly string[]; readonly usual: readonly string[] }>> =
  {
    multiple_choice: { known: ['acc', 'acc_norm', 'acc_bytes'], usual: ['acc', 'acc_norm'] },
    generate_until: { known: ['exact_match'], usual: ['exact_match'] },
    loglikelihood: { known: ['acc'], usual: ['perplexity', 'acc'] },
  };
const METRIC_KEYS = ['metric', 'aggregation', 'higher_is_better', 'hf_evaluate'];
const EXACT_MATCH_KEYS = ['ignore_case', 'ignore_punctuation', 'ignore_numbers', 'regexes_to_ignore'];

/** The known metrics of a task. @throws UserError that names its metrics if none is known */
export function readMetrics(
  entries: Entries,
  outputType: OutputType,
): { readonly metrics: readonly string[]; readonly otherMetrics: readonly string[] } {
  const { known, usual } = METRICS[outputType];
  const list = entries.list('metric_list');
  const names = list === null ? usual : list.map((metric) => metric.text('metric', ''));
  const metrics = known.filter((name) => names.includes(name));
  if (metrics.length === 0) {
    throw entries.error(
      'metric_list',
      `has ${names.join(', ')} only`,
      `${outputType} is judged by ${known.join(', ')}`,
    );
  }
  return { metrics, otherMetrics: names.filter((name) => !known.includes(name)) };
}

/** Filters and metrics, for `taskAnswerRule`. @throws UserError for a filter, option or pattern that is not read */
export function readJudging(entries: Entries, outputType: OutputType, file: string): TaskConfig {
  const metric = entries.list('metric_list')?.find((one) => one.text('metric', '') === 'exact_match');
  metric?.allow([...METRIC_KEYS, ...EXACT_MATCH_KEYS]);
  if (metric?.flag('hf_evaluate')) throw metric.error('hf_evaluate', 'is not read', 'leave it out');
  for (const filter of entries.list('filter_list') ?? []) {
    filter.allow(['name', 'filter']);
    const names = (filter.list('filter') ?? []).map((step) => step.text('function', ''));
    const other = names.find((name) => name !== 'take_first');
    if (outputType !== 'generate_until' && other !== undefined) {
      throw filter.error('filter', `has ${other}, which is for generated answers`, 'leave the filter out');
    }
  }
  const judging = pythonToJson(
    new Map([
      ['filter_list', entries.get('filter_list')],
      ['metric_list', entries.get('metric_list') ?? [new Map([['metric', 'exact_match']])]],
    ]),
  ) as TaskConfig;
  if (outputType !== 'generate_until') return judging;
  for (const filter of taskFilterNames(judging)) {
    checkRule(taskAnswerRule(judging, { filter, targets: [], where: file, choices: [] }), `${file}: filter ${filter}`);
  }
  return judging;
}

function checkRule(rule: AnswerRule, place: string): void {
  try {
    checkAnswerRule(rule);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${place}: ${error.problem}`, error.hint);
  }
}

/** Some of them change nothing in greedy decoding. */
const GENERATION_KEYS = [
  'until',
  'do_sample',
  'temperature',
  'max_gen_toks',
  'max_new_tokens',
  'max_tokens',
  'top_p',
  'top_k',
  'num_beams',
];

/** Stops and limit of a generation. @throws UserError for one that is drawn at random or searched with beams */
export function readGeneration(
  entries: Entries,
  outputType: OutputType,
  fewshotDelimiter: string,
): { readonly until: readonly string[]; readonly maxNewTokens: number | null } {
  if (outputType !== 'generate_until') return { until: [], maxNewTokens: null };
  const generation = entries.inner('generation_kwargs', GENERATION_KEYS);
  const samples = generation.has('do_sample') ? generation.flag('do_sample') : generation.number('temperature', 0) > 0;
  if (samples && generation.number('temperature', 1) !== 0) {
    throw generation.error(
      'do_sample',
      'draws answers at random',
      'set it to false: answers have to be the same each time',
    );
  }
  if (generation.count('num_beams', 1) > 1) throw generation.error('num_beams', 'is not 1', 'leave it out');
  const most = ['max_gen_toks', 'max_new_tokens', 'max_tokens'].find((key) => generation.get(key) !== null);
  return {
    until: generation.has('until') ? generation.texts('until') : [fewshotDelimiter],
    maxNewTokens: most === undefined ? null : generation.count(most, 0),
  };
}
