import { type CalibratedMetric, placeName } from '../../compare/calibration/index.ts';
import type { Scope } from '../../compare/finding.ts';
import type { ReportedRule } from '../../compare/index.ts';
import type { Both, ShadowRow } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { leastOf, mostOf } from '../../statistics/index.ts';
import {
  accuracyNumbers,
  calibratedNumbers,
  carriedOver,
  type DecidingRow,
  dropLimit,
  metricNumbers,
  transferNumbers,
} from '../text/deciding-row.ts';
import { formatRatio, NO_NUMBER } from '../text/numbers.ts';
import { distanceWords, formatNats } from '../text/own-text.ts';
import { name, phrase, term } from '../text/phrase.ts';
import { protocolNumbers } from '../text/protocol.ts';
import { EXAM, TWINS, twinLabel } from '../text/twin-words.ts';
import { changeMark, gainMark, isAccepted, isNotJudged, taskMark } from './row-marks.ts';
import { leastCarryOver } from './verdict.ts';

/** Numbers that a reader wants to know of every check, in their order. */
export const contextRows = (report: Report): DecidingRow[] => [
  ...probeRows(report),
  ...calibratedRow(report),
  ...spectraRow(report),
  ...benchmarkRows(report),
];

function probeRows(report: Report): DecidingRow[] {
  const { probes } = report;
  const limits = report.applied?.settings;
  const [whole] = probes?.comparison.rows ?? [];
  if (!probes || !whole || whole.facts === 0) return [];
  const drop = limits?.['twin-accuracy'].drop;
  const twins = { key: 'twins', check: [TWINS], facts: { form: 'twin', capability: null } } as const;
  return [
    examRow(report, whole.benchmark, drop),
    accuracyRow(report, twins, whole.twin, drop),
    ...gainRows(report),
    ...worstCapability(report, probes.comparison.rows),
    ...ownTextRow(report),
    ...protocolRow(report),
  ];
}

/** A doubtful gain is never shown as passed. */
function examRow(report: Report, both: Both, drop: number | undefined): DecidingRow {
  const exam = { key: 'exam', check: [EXAM], facts: { form: 'benchmark', capability: null } } as const;
  const row = accuracyRow(report, exam, both, drop);
  const mark = gainMark(report);
  return row.mark === 'pass' && mark !== 'pass' ? { ...row, mark, limit: 'must carry over' } : row;
}

type Subject = Pick<DecidingRow, 'key' | 'check' | 'facts'>;

/** @param drop its limit, as a share */
function accuracyRow(report: Report, row: Subject, both: Both, drop?: number): DecidingRow {
  const limit = both.baseline === null || drop === undefined ? NO_NUMBER : dropLimit(drop);
  const mark = isNotJudged(report, 'probes') ? 'inconclusive' : changeMark(report, both, drop);
  return { ...row, ...accuracyNumbers(both, limit), mark };
}

/** The twins to which least of a gain carries over, and the transfer. */
function gainRows(report: Report): DecidingRow[] {
  const { probes, applied } = report;
  const least = probes ? leastCarryOver(probes.comparison) : null;
  if (least === null) return [];
  const { suite, kind, group } = least.row;
  const { transfer } = least.carryOver;
  const limit = applied?.settings['shadow-delta']['transfer-fail'];
  // Below the limit without a finding: the interval leaves it open.
  const isOpen = isNotJudged(report, 'probes') || (limit !== undefined && transfer.value < limit);
  const isAll = probes?.comparison.kinds.length === 1;
  const twins = { key: `kind ${suite} ${kind}`, check: twinLabel(least.row, { capitalized: true }) };
  return [
    ...(isAll ? [] : [accuracyRow(report, twins, least.row.twin)]),
    {
      key: `carried over ${suite} ${kind} ${group ?? ''}`,
      check: carriedOver(least.row),
      ...transferNumbers(transfer, limit),
      mark: isAccepted(report, 'shadow-delta') ? 'warn' : isOpen ? 'inconclusive' : 'pass',
    },
  ];
}

/** The capability with the largest fall in twins, if there are several. */
function worstCapability(report: Report, rows: readonly ShadowRow[]): DecidingRow[] {
  const parts = rows.flatMap(({ suite, capability, twin }) =>
    suite === null && capability !== null && twin.baseline !== null
      ? [{ capability, twin, change: twin.candidate - twin.baseline }]
      : [],
  );
  const [worst] = parts.sort((a, b) => a.change - b.change);
  if (parts.length < 2 || worst === undefined) return [];
  const { capability, twin } = worst;
  const check = phrase`${TWINS}, ${name(capability)}`;
  const row: Subject = { key: `twins of ${capability}`, check, facts: { form: 'twin', capability } };
  return [accuracyRow(report, row, twin, report.applied?.settings['twin-accuracy']['capability-drop'])];
}

function ownTextRow({ ownText }: Report): DecidingRow[] {
  if (ownText === undefined || ownText.limit === null) return [];
  const { natsPerToken, limit } = ownText;
  return [
    {
      key: 'own text',
      check: phrase`${term('ownText', 'Own text')}`,
      baseline: null,
      candidate: formatNats(natsPerToken),
      change: distanceWords(natsPerToken),
      limit: formatRatio(limit),
      mark: 'pass',
    },
  ];
}

/** The place of the template with the most losses. */
function protocolRow({ protocol = [] }: Report): DecidingRow[] {
  const judged = protocol.filter(({ isLeftOut, missing }) => !isLeftOut && missing === null);
  const lost = ({ baseline, candidate }: (typeof judged)[number]) => baseline.done - candidate.done;
  const [most] = judged.toSorted((a, b) => lost(b) - lost(a));
  return most === undefined ? [] : [{ ...protocolNumbers(most), mark: 'pass' }];
}

/** The number that came nearest to its calibrated limit. */
function calibratedRow(report: Report): DecidingRow[] {
  const within = (report.calibration?.metrics ?? []).filter(({ judged }) => judged?.outcome === 'within');
  const [first] = within.sort((a, b) => calibratedUse(b) - calibratedUse(a));
  if (!first?.judged) return [];
  const { module, values } = first;
  const scope: Scope = module === null ? { kind: 'model' } : { kind: 'modules', name: placeName(first) };
  const seen = { least: leastOf(values), most: mostOf(values) };
  const mark = isNotJudged(report, 'spectra') ? 'inconclusive' : 'pass';
  return [{ ...calibratedNumbers({ ...first, ...first.judged, ...seen, scope }), mark }];
}

/** Distance from the far end of the range seen, relative to the limit's distance. */
function calibratedUse({ candidate, values, judged }: CalibratedMetric): number {
  if (judged === null) return 0;
  const start = judged.direction === 'up' ? leastOf(values) : mostOf(values);
  return (candidate - start) / (judged.limit - start || Number.MIN_VALUE);
}

/** The metric that came nearest to the limit of its rule. */
function spectraRow(report: Report): DecidingRow[] {
  const judged = (report.applied?.rules ?? []).flatMap((rule) =>
    rule.level === 'info' || rule.nearest === null ? [] : [{ rule, nearest: rule.nearest }],
  );
  const [first] = judged.sort((a, b) => useOf(b.nearest) - useOf(a.nearest));
  if (first === undefined) return [];
  const { metric, absolute, relative, direction } = first.rule;
  const limit = { absolute: absolute || null, relative: relative || null, direction };
  const mark = isNotJudged(report, 'spectra') ? 'inconclusive' : 'pass';
  return [{ ...metricNumbers({ ...first.nearest, metric, limit }), mark }];
}

/** Movement relative to the limit. */
const useOf = ({ movement, limit }: NonNullable<ReportedRule['nearest']>): number =>
  movement / Math.max(limit, Number.MIN_VALUE);

/** Benchmarks with right and wrong answers, the largest losses first. */
function benchmarkRows(report: Report): DecidingRow[] {
  const drop = report.applied?.settings['twin-accuracy']['capability-drop'];
  const limit = drop === undefined ? NO_NUMBER : dropLimit(drop);
  const isOpen = isNotJudged(report, 'benchmarks');
  return (report.benchmarks ?? [])
    .flatMap(({ task, p, baseline: { value: baseline }, candidate: { value: candidate } }) =>
      p === null || baseline === null || candidate === null ? [] : [{ task, both: { baseline, candidate } }],
    )
    .sort((a, b) => a.both.candidate - a.both.baseline - (b.both.candidate - b.both.baseline))
    .map(({ task, both }) => ({
      key: `benchmark ${task}`,
      check: [name(task)],
      ...accuracyNumbers(both, limit),
      mark: isOpen ? ('inconclusive' as const) : taskMark(report, task, both, drop),
    }));
}
