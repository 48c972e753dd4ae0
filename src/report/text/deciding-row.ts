import type { Finding, FindingKind, FindingOf, Scope } from '../../compare/finding.ts';
import type { Estimate } from '../../compare/probes/comparison.ts';
import type { Report } from '../../compare/report.ts';
import { limitWords } from '../findings/policy-rules.ts';
import { limitWords as calibratedLimit, rangeWords, sizeLimitWords } from './calibration.ts';
import { EXAM } from './exam-and-twins.ts';
import { isRelative, metricPart } from './metric-names.ts';
import {
  formatCount,
  formatDifference,
  formatEnds,
  formatInteger,
  formatLimit,
  formatNumber,
  formatPair,
  formatPercent,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
  formatRatio,
  formatRelative,
  NO_NUMBER,
} from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';
import { accuracyNumbers, bareRow, type DecidingRow, markOf } from './row-marks.ts';
import { twinLabel } from './twin-words.ts';

type Rows = { readonly [K in FindingKind]?: (finding: FindingOf<K>, report: Report) => DecidingRow };

const TWINS = term('twinAccuracy', 'Twins');

/** A limit of a drop: `−2 points`. */
export const dropLimit = (share: number): string => `−${formatPointsLimit(share)}`;
/** A limit that a number has to reach: `≥ 95%`. */
const atLeast = (limit: string): string => `≥\u00a0${limit}`;

/** The numbers of findings that have some. */
const ROWS: Rows = {
  'twin-accuracy': (finding) => {
    const { capability, limit } = finding;
    const key = capability === null ? 'twins' : `twins of ${capability}`;
    return row(finding, key, part(TWINS, capability), accuracyNumbers(finding, dropLimit(limit)));
  },
  'accuracy-loss': (finding) => {
    const { form, capability, suite, limit } = finding;
    const where = capability ?? suite;
    const key = `${form === 'benchmark' ? 'exam' : 'twins'}${where === null ? '' : ` of ${where}`}`;
    const subject = part(form === 'benchmark' ? EXAM : TWINS, where);
    return row(finding, key, subject, accuracyNumbers(finding, dropLimit(limit)));
  },
  'twin-accuracy-unclear': (finding, { probes }) => {
    const { change, possibleDrop, limit } = finding;
    const whole = probes?.comparison.rows[0]?.twin ?? { baseline: null, candidate: null };
    return row(finding, 'twins', [TWINS], {
      baseline: whole.baseline === null ? null : formatPercent(whole.baseline),
      candidate: whole.candidate === null ? NO_NUMBER : formatPercent(whole.candidate),
      change: `${formatPointsChange(change)}, perhaps ${possibleDrop === null ? 'any' : formatPointsChange(-possibleDrop)}`,
      limit: dropLimit(limit),
    });
  },
  'shadow-delta': (finding) => {
    const { suite, twins: kind, group, transfer, transferLimit } = finding;
    const numbers = transferNumbers(transfer, transferLimit);
    return row(finding, `carried over ${suite} ${kind} ${group ?? ''}`, carriedOver({ kind, group }), numbers);
  },
  'gain-not-shown': (finding) =>
    row(finding, 'exam', part(EXAM, finding.suite), accuracyNumbers(finding, 'twins must share it')),
  retention: (finding) =>
    row(finding, 'retention', [term('retention', 'Sure answers kept')], {
      baseline: null,
      candidate: formatPercent(finding.value),
      change: NO_NUMBER,
      limit: atLeast(formatPercentLimit(finding.least)),
    }),
  'level-lost': (finding) => {
    const { family, count, candidate, baseline } = finding;
    return row(finding, `level of ${family}`, part(term('level', 'Level'), family), {
      baseline: formatInteger(baseline),
      candidate: `${formatInteger(candidate)} of ${formatInteger(count)}`,
      change: formatDifference(candidate - baseline),
      limit: '0',
    });
  },
  'letters-memorized': (finding) => {
    const { suite, items, candidate, baseline } = finding;
    return row(finding, `letters of ${suite}`, part(term('keptLetter', 'Old letters kept'), suite), {
      baseline: formatInteger(baseline),
      candidate: `${formatInteger(candidate)} of ${formatInteger(items)}`,
      change: formatDifference(candidate - baseline),
      limit: NO_NUMBER,
    });
  },
  'too-few-facts': (finding) => ({
    ...bareRow(finding),
    candidate: formatCount(finding.facts, 'fact'),
    limit: atLeast(formatInteger(finding.least)),
  }),
  'items-lost': (finding) => ({ ...bareRow(finding), candidate: formatCount(finding.items, 'item'), limit: '0' }),
  'metric-moved': (finding) => ({ ...metricNumbers(finding), mark: markOf(finding.level) }),
  'calibrated-metric': (finding) => ({ ...calibratedNumbers(finding), mark: markOf(finding.level) }),
  'not-calibrated-here': (finding) => {
    const { scope, candidate, low, high } = finding;
    return row(finding, 'not calibrated here', scoped('updateSize', scope), {
      baseline: null,
      candidate: formatNumber(candidate),
      change: 'not calibrated',
      limit: sizeLimitWords({ low, high }),
    });
  },
  spike: (finding) => {
    const { tensor, candidate, baseline, evidence } = finding;
    const [found, kind] = evidence.test === 'odds' ? [evidence.oddsRatio, '× odds'] : [evidence.robustZ, 'robust z'];
    return {
      ...row(finding, `spike ${tensor}`, phrase`${metricPart('topEnergy.1', { capitalized: true })}, ${name(tensor)}`, {
        baseline: baseline === null ? null : formatNumber(baseline),
        candidate: formatNumber(candidate),
        change: `${formatNumber(found)} ${kind}`,
        limit: `${formatLimit(evidence.limit)} ${kind}`,
      }),
    };
  },
  'group-spike': (finding) => {
    const { group, candidate, baseline, oddsRatio, limit } = finding;
    return row(finding, `spike ${group}`, phrase`${metricPart('topEnergy.1', { capitalized: true })}, ${name(group)}`, {
      baseline: formatNumber(baseline),
      candidate: formatNumber(candidate),
      change: `${formatNumber(oddsRatio)} × odds`,
      limit: `${formatLimit(limit)} × odds`,
    });
  },
  'rank-loss': (finding) => ({
    ...bareRow(finding, phrase`, ${name(finding.tensor)}`),
    baseline: finding.baseline === null ? null : formatInteger(finding.baseline),
    candidate: formatInteger(finding.candidate),
  }),
  'non-finite': (finding) => ({
    ...bareRow(finding, phrase`, ${name(finding.tensor)}`),
    candidate: formatInteger(finding.nan + finding.inf),
    limit: '0',
  }),
  'update-size': (finding) => ({
    ...bareRow(finding),
    candidate: formatNumber(finding.candidate),
    limit: formatLimit(finding.limit),
  }),
  'logit-scale': (finding) => ({
    ...bareRow(finding),
    change: `× ${formatNumber(finding.ratio)}`,
    limit: `× ${formatLimit(finding.limit)}`,
  }),
  trend: (finding) => ({
    ...bareRow(finding),
    candidate: formatRatio(finding.sum),
    limit: formatLimit(finding.limit),
  }),
  'benchmark-loss': (finding) => {
    const { task, metric, filter, limit } = finding;
    const isAll = task === null || metric === null || filter === null;
    const key = isAll ? 'benchmarks' : `benchmark ${task}`;
    return row(finding, key, isAll ? phrase`All benchmarks` : [name(task)], accuracyNumbers(finding, dropLimit(limit)));
  },
  'benchmark-gain-not-shown': (finding) =>
    row(finding, `benchmark ${finding.task}`, [name(finding.task)], accuracyNumbers(finding, 'twins must share it')),
  'benchmark-unclear': (finding) => ({
    ...bareRow(finding),
    change: finding.possibleDrop === null ? NO_NUMBER : `perhaps ${formatPointsChange(-finding.possibleDrop)}`,
    limit: dropLimit(finding.limit),
  }),
};

/** A metric that a rule judges. */
export function metricNumbers({
  metric,
  scope,
  baseline,
  candidate,
  limit,
}: Pick<FindingOf<'metric-moved'>, 'metric' | 'scope' | 'baseline' | 'candidate' | 'limit'>): Omit<
  DecidingRow,
  'mark'
> {
  const [before, after] = formatPair(baseline, candidate);
  const change = candidate - baseline;
  return {
    key: `metric ${metric} ${placeOf(scope)}`,
    check: scoped(metric, scope),
    baseline: before,
    candidate: after,
    change:
      isRelative(metric) && baseline !== 0 ? formatRelative(change / Math.abs(baseline)) : formatDifference(change),
    limit: limitWords(limit),
  };
}

/** A metric that known-good checkpoints set a limit for. */
export function calibratedNumbers({
  metric,
  scope,
  candidate,
  limit,
  direction,
  least,
  most,
}: Pick<
  FindingOf<'calibrated-metric'>,
  'metric' | 'scope' | 'candidate' | 'limit' | 'direction' | 'least' | 'most'
>): Omit<DecidingRow, 'mark'> {
  return {
    key: `calibrated ${metric} ${placeOf(scope)}`,
    check: scoped(metric, scope),
    baseline: null,
    candidate: formatPair(candidate, limit)[0],
    change: `seen: ${rangeWords([least, most])}`,
    limit: calibratedLimit({ direction, limit }, candidate),
  };
}

/** A finding as a row, with its numbers where it has some. */
export function findingRow(finding: Finding, report: Report): DecidingRow {
  const toRow = ROWS[finding.kind] as ((finding: Finding, report: Report) => DecidingRow) | undefined;
  return toRow === undefined ? bareRow(finding) : toRow(finding, report);
}

/** A transfer with its interval, which stands where others have a change. */
export function transferNumbers(
  transfer: Estimate,
  limit: number | undefined,
): Pick<DecidingRow, 'baseline' | 'candidate' | 'change' | 'limit'> {
  return {
    baseline: null,
    candidate: formatRatio(transfer.value),
    change: formatEnds(transfer, formatRatio),
    limit: limit === undefined ? NO_NUMBER : atLeast(formatLimit(limit)),
  };
}

/** How much of a gain twins share: the transfer. */
export function carriedOver(twins: Parameters<typeof twinLabel>[0]): Phrase {
  return phrase`${term('transfer', 'Carried over')} to ${twinLabel(twins)}`;
}

function row(
  { level }: Finding,
  key: string,
  check: Phrase,
  numbers: Omit<DecidingRow, 'key' | 'check' | 'mark'>,
): DecidingRow {
  return { key, check, ...numbers, mark: markOf(level) };
}

function part(subject: Phrase[number], where: string | null): Phrase {
  return where === null ? [subject] : phrase`${subject}, ${name(where)}`;
}

function scoped(metric: string, scope: Scope): Phrase {
  const subject = metricPart(metric, { capitalized: true });
  return scope.kind === 'model' ? [subject] : phrase`${subject}, ${name(scope.name)}`;
}

const placeOf = (scope: Scope): string => (scope.kind === 'model' ? 'model' : scope.name);
