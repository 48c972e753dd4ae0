import type { Scope } from '../../compare/finding.ts';
import type { ReportedRule } from '../../compare/index.ts';
import { checkCommand, remeasureCommand } from '../text/commands.ts';
import { metricNumbers, movementLimit } from '../text/deciding-row.ts';
import { isRelative, metricPart, ofName } from '../text/metric-names.ts';
import {
  formatCount,
  formatDifference,
  formatNumber,
  formatPair,
  formatPercent,
  formatPercentLimit,
  formatRelative,
} from '../text/numbers.ts';
import { code, joinPhrases, name, type Phrase, phrase, term } from '../text/phrase.ts';
import type { ShownRule } from '../text/rule-row.ts';
import { ifIntended, probesFirst } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const POLICY_RULE_WORDS: TopicWords<'metric-moved' | 'bounds-too-wide' | 'idle-rule'> = {
  'metric-moved': {
    title: 'Metric moved',
    about: 'itself',
    sentence: ({ metric, of, scope, candidate, baseline, limit }) => {
      const [before, after] = formatPair(baseline, candidate);
      const change = candidate - baseline;
      const shown = isRelative(metric)
        ? formatRelative(baseline === 0 ? null : change / Math.abs(baseline))
        : formatDifference(change);
      const moved = shown === '' ? '' : `${shown}; `;
      const verb = candidate > baseline ? 'rose' : 'fell';
      const subject = phrase`${metricPart(metric, { capitalized: true })} of ${ofName(of)}${scopeWords(scope)}`;
      return phrase`${subject} ${verb} from ${before} to ${after} (${moved}limit ${movementLimit(limit)}).`;
    },
    row: metricNumbers,
    steps: (_, report) => [
      phrase`${probesFirst('Look at the probes first.', report)}If the run should be like the approved one, compare its data mix and its learning rate.`,
      ifIntended(report),
    ],
    rule: ({ applied }) => (applied?.rules ?? []).map(metricRule),
  },
  'bounds-too-wide': {
    title: 'Bounds too wide',
    about: 'spectra',
    isGap: true,
    sentence: ({ metric, of, scope, side, width, limit, isScreened }) => {
      const subject = phrase`${metricPart(metric, { capitalized: true })} of ${ofName(of)}${scopeWords(scope)}`;
      const bounds = width === null ? 'without an end' : `${formatPercent(width)} wide`;
      if (isScreened) {
        return phrase`${subject} cannot be judged: the ${side} was ${term('screened', 'screening')}, which leaves bounds that are ${bounds}. Measure its spectra in full.`;
      }
      return phrase`${subject} cannot be judged: the bounds of the ${side} are ${bounds}, and the limit is ${formatPercentLimit(limit)}. Measure it with ${code('--method exact')}.`;
    },
    steps: ({ side, isScreened }, report) => [
      isScreened
        ? phrase`Measure all spectra in full: ${side === 'candidate' ? checkCommand(report, '--all') : remeasureCommand(report, '')}`
        : side === 'candidate'
          ? phrase`Measure exactly: ${checkCommand(report, '--method exact')}`
          : phrase`Measure the baseline exactly: ${remeasureCommand(report, ' --method exact')}`,
    ],
  },
  'idle-rule': {
    title: 'Idle rule',
    about: 'spectra',
    isGap: true,
    sentence: ({ metric, of, modules, cause, isDefault }) => {
      const rule = phrase`The ${isDefault ? 'default' : 'policy'} rule on ${metricPart(metric)} of ${ofName(of)}${inModules(modules)}`;
      if (cause.kind === 'nothing') {
        return phrase`${rule} had nothing to judge: candidate and baseline do not both have this metric.`;
      }
      const value = formatNumber(cause.baseline);
      return phrase`${rule} is idle: the baseline's ${value} is too close to the ${cause.side} possible value, ${formatNumber(cause.bound)}, to move beyond the limit.`;
    },
    steps: () => [
      phrase`Check ${code('metric')}, ${code('of')} and ${code('modules')} of that rule in the policy, or choose another limit: no candidate can break it.`,
    ],
  },
};

const scopeWords = (scope: Scope): Phrase => (scope.kind === 'model' ? [] : phrase` in ${name(scope.name)}`);

const inModules = (modules: readonly string[] | null): Phrase =>
  modules === null ? [] : phrase` in ${joinPhrases(modules.map((module) => [name(module)]))}`;

const SOURCES: Readonly<Record<ReportedRule['source'], string>> = {
  policy: '',
  default: ' (default)',
  'low-rank': ' (default for low-rank updates)',
};

const STATISTICS: Readonly<Record<ReportedRule['statistic'], string>> = {
  median: 'median of each module type',
  weightedMean: 'weighted mean of each module type',
  each: 'each matrix',
};

/** With the number that came nearest to the limit. */
function metricRule(rule: ReportedRule): ShownRule<'metric-moved'> {
  const { metric, of, source, level, nearest } = rule;
  return {
    group: 'Spectra',
    check: phrase`${metricPart(metric)} of ${ofName(of)}${placeOf(rule)}${SOURCES[source]}`,
    limit: limitOf(rule),
    level,
    isOwn: (found) => found.metric === metric && found.of === of && nearest !== null && isBeyond(nearest),
    judged: nearest ? judgedBy(rule, nearest) : NOT_JUDGED,
  };
}

const NOT_JUDGED = { mark: null, stands: phrase`there was nothing to compare` };

const MODEL_WIDE: readonly string[] = ['mlpAttentionRatio', 'mlpTopEnergy', 'attentionTopEnergy'];

const placeOf = ({ metric, statistic, modules }: ReportedRule): Phrase =>
  MODEL_WIDE.includes(metric) ? [] : phrase`, ${STATISTICS[statistic]}${inModules(modules)}`;

/** `at most +8%`: a change beyond it is larger than both parts. */
function limitOf({ absolute, relative, direction }: ReportedRule): string {
  const limit = movementLimit({ absolute: absolute || null, relative: relative || null, direction });
  return limit === '' ? 'no change' : `at most ${limit}`;
}

type Nearest = NonNullable<ReportedRule['nearest']>;

const isBeyond = ({ movement, limit }: Nearest): boolean => movement > limit;

function judgedBy({ metric, level, judged }: ReportedRule, nearest: Nearest) {
  const { baseline, candidate, scope } = nearest;
  const [before, after] = formatPair(baseline, candidate);
  const change = candidate - baseline;
  const relative = formatRelative(baseline === 0 ? null : change / Math.abs(baseline));
  const moved = isRelative(metric) && relative !== '' ? relative : formatDifference(change);
  const values = phrase`${baseline === candidate ? formatNumber(candidate) : `${before} → ${after}`} (${moved})`;
  const others = judged > 1 ? `, nearest of ${formatCount(judged, 'number')}` : '';
  const stands = scope.kind === 'model' ? values : phrase`${name(scope.name)} ${values}${others}`;
  return { mark: isBeyond(nearest) ? level : ('pass' as const), stands };
}
