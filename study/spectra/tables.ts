// The tables of "Calibrated spectra" in docs/lab-notes/evidence.md, from study/results/spectra/*.json.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '@shadow-gate/platform';
import type { AdapterResult, Table } from '../results.ts';
import { mean, percent } from '../truth.ts';
import { caseLabel, FIRST_STUDY, groupLabel, SAME_ADAPTERS } from './labels.ts';
import type { GroupResult, Outcome, Role, Run, SeriesResult, Step } from './results.ts';

const GROUPS = ['tiny', 'tiny-adapters', 'adapters', 'qwen-adapters', 'zoo'];
const HEALTHY = ['broad', 'unchanged', 'knows'];
const BAD = ['narrow', 'worse', 'memorized'];
const ROLES: readonly Role[] = ['known-good', 'held-out', 'other'];

/** An adapter of the first study, and its class. */
export interface JudgedAdapter extends AdapterResult {
  /** Its base. */
  readonly model: string;
  readonly name: string;
  readonly class: string;
}

export interface Rate {
  readonly successes: number;
  readonly n: number;
}

interface Tools {
  readonly table: Table;
  /** In words. */
  readonly interval: (rate: Rate) => string;
}

/** A group with the classes of its runs, of those that were not asked too. */
interface ClassedGroup extends GroupResult {
  readonly name: string;
}

export function spectraTables(
  folder: string,
  first: readonly JudgedAdapter[],
  { table, interval }: Tools,
): Record<string, string> {
  const read = <T>(name: string): T | null => {
    const path = join(folder, `${name}.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
  };
  const groups = GROUPS.flatMap((name): ClassedGroup[] => {
    const group = read<GroupResult>(name);
    return group === null ? [] : [{ ...group, name, runs: classified(name, group.runs, first) }];
  });
  const series = read<{ readonly series: readonly SeriesResult[] }>('series')?.series ?? [];
  return {
    'spectra-cases': casesTable(groups, table),
    'spectra-rates': ratesTable(groups, { table, interval }),
    'spectra-draws': drawsTable(groups, table),
    'spectra-pairs': pairsTable(groups, table),
    'spectra-series': seriesTable(series, { table, interval }),
    'spectra-keys': keysTable(groups, first, table),
    'spectra-fools': foolsList(groups),
  };
}

/** A run that was not asked has the class of its regime: of the runs that were, or of the first study. */
function classified(group: string, runs: readonly Run[], first: readonly JudgedAdapter[]): Run[] {
  return runs.map((run) => {
    const asked = runs.filter((other) => other.regime === run.regime).flatMap((other) => other.class ?? []);
    const before = group === 'adapters' ? firstOf(run.regime, first).map((adapter) => adapter.class) : [];
    return { ...run, class: run.class ?? commonest(asked) ?? commonest(before) ?? null };
  });
}

function firstOf(regime: string, first: readonly JudgedAdapter[]): JudgedAdapter[] {
  return (FIRST_STUDY[regime] ?? []).flatMap((name) => first.filter((adapter) => adapter.name === name));
}

function commonest(list: readonly string[]): string | undefined {
  const known = list.filter((one) => one !== 'not measured');
  return [...known].sort((a, b) => countOf(known, b) - countOf(known, a))[0];
}

const countOf = (list: readonly string[], wanted: string): number => list.filter((one) => one === wanted).length;

/** Runs of one regime and role. */
interface Case {
  readonly regime: string;
  readonly role: Role;
  readonly runs: readonly Run[];
}

function casesOf({ runs }: ClassedGroup): Case[] {
  const keys = [...new Set(runs.map(({ role, regime }) => `${ROLES.indexOf(role)} ${regime}`))].sort();
  return keys.map((key) => {
    const own = runs.filter(({ role, regime }) => `${ROLES.indexOf(role)} ${regime}` === key);
    const { regime, role } = at(own, 0);
    return { regime, role, runs: own };
  });
}

/** An adapter that was measured without its base has no update size: it counts as 0. */
const meanSize = (runs: readonly Run[]): number => mean(runs.map(({ updateSize }) => updateSize ?? 0));

function casesTable(groups: readonly ClassedGroup[], table: Table): string {
  const rows = groups.flatMap((group) => {
    const usual = meanSize(group.runs.filter(({ role }) => role === 'known-good'));
    return casesOf(group).map(({ regime, role, runs }) => [
      groupLabel(group.name),
      `${caseLabel(regime)}${{ 'known-good': ', left out', 'held-out': ', held out', other: '' }[role]}`,
      classesOf(runs),
      (meanSize(runs) / usual).toFixed(2),
      `${warned(runs).length} of ${runs.length}`,
      ...(withOutcome(runs, 'none').length === runs.length
        ? ['not judged', '–']
        : [`${withOutcome(runs, 'flagged').length} of ${runs.length}`, String(withOutcome(runs, 'outside').length)]),
      [...new Set(runs.flatMap((run) => run.with.metrics))].map((metric) => `\`${metric}\``).join(', ') || '–',
    ]);
  });
  return table(
    ['runs', 'case', 'truth', 'size ÷ known-good', 'without: warned', 'with: flagged', 'not calibrated here', 'by'],
    rows,
  );
}

function classesOf(runs: readonly Run[]): string {
  const classes = [...new Set(runs.map((run) => run.class))];
  return classes.map((one) => (one === null ? 'not asked' : `\`${one}\``)).join(', ');
}

const warned = (runs: readonly Run[]): Run[] => runs.filter((run) => run.without.verdict !== 'pass');
const withOutcome = (runs: readonly Run[], outcome: Outcome): Run[] =>
  runs.filter((run) => run.with.calibrated === outcome);

function ratesTable(groups: readonly ClassedGroup[], { table, interval }: Tools): string {
  const row = (
    group: ClassedGroup,
    what: string,
    runs: readonly Run[],
    found: (runs: readonly Run[]) => readonly Run[],
  ) => {
    const rate = { successes: found(runs).length, n: runs.length };
    return [groupLabel(group.name), what, `${rate.successes} of ${rate.n}`, interval(rate)] as const;
  };
  const flagged = (runs: readonly Run[]) => withOutcome(runs, 'flagged');
  const rows = groups.flatMap((group) => {
    const judged = group.runs.filter((run) => run.with.calibrated !== 'none');
    const of = (role: Role) => judged.filter((run) => run.role === role);
    const classed = (classes: readonly string[]) =>
      judged.filter((run) => run.role !== 'known-good' && run.class !== null && classes.includes(run.class));
    const ofRegime = (wanted: string | null) => judged.filter(({ regime }) => regime === wanted);
    const k = group.known.length;
    return [
      row(group, `false alarms: held-out equal runs, ${k} known-good`, of('held-out'), flagged),
      row(group, 'the same by the p of the joint test, sizes among it', of('held-out').filter(hasP), rejected(group)),
      row(group, `false alarms: known-good, each by the other ${k - 1}`, of('known-good'), flagged),
      row(group, 'false alarms: all healthy that do not calibrate', classed(HEALTHY), flagged),
      row(group, 'the same without a calibration', classed(HEALTHY), warned),
      row(group, 'detections: BA at the rate of the known-good', ofRegime(group.narrow), flagged),
      row(group, 'detections: all narrow, memorized or worse', classed(BAD), flagged),
      row(group, 'of these, not calibrated here', classed(BAD), (runs) => withOutcome(runs, 'outside')),
      row(group, 'detections without a calibration', classed(BAD), warned),
    ].filter(([, , runs]) => !runs.endsWith(' of 0'));
  });
  return table(['runs', 'rate', 'runs counted', '95% interval'], rows);
}

const hasP = (run: Run): boolean => typeof run.with.p === 'number';
const rejected =
  ({ alpha }: ClassedGroup) =>
  (runs: readonly Run[]) =>
    runs.filter((run) => (run.with.p ?? 1) <= alpha + 1e-9);

function drawsTable(groups: readonly ClassedGroup[], table: Table): string {
  const rows = groups.flatMap(({ name, draws }) =>
    draws.map(({ k, alpha, of, draws: count, flagged, outside, found, narrow }) => [
      groupLabel(name),
      `${k} of ${of}`,
      k >= 1 / alpha - 1 - 1e-9 ? `joint test at ${percent(alpha)}` : 'widened range',
      String(count),
      tenths(flagged / count),
      tenths(outside / count),
      narrow === 0 ? '–' : `${tenths(found / count)} (${narrow} ${narrow === 1 ? 'run' : 'runs'})`,
    ]),
  );
  const head = ['runs', 'known-good', 'rule', 'draws', 'equal run flagged', 'not calibrated here', 'BA flagged'];
  return table(head, rows);
}

function pairsTable(groups: readonly ClassedGroup[], table: Table): string {
  const names: Readonly<Record<string, string>> = {
    default: 'all defaults',
    'ratio 8%': 'ratio up by more than 8%',
    'ratio 25%': 'ratio up by more than 25%',
  };
  const rows = groups.flatMap(({ name, pairs }) =>
    pairs
      .filter(({ policy }) => name === 'tiny' || policy === 'default')
      .map(({ policy, runs, pairs: count, flagged, metrics }) => [
        groupLabel(name),
        names[policy] ?? policy,
        String(runs),
        `${flagged} of ${count}`,
        tenths(flagged / count),
        metrics.map((metric) => `\`${metric}\``).join(', ') || '–',
      ]),
  );
  return table(['runs', 'rule', 'equal runs', 'ordered pairs', 'warned', 'by'], rows);
}

function seriesTable(series: readonly SeriesResult[], { table, interval }: Tools): string {
  const counted = (list: readonly SeriesResult[]) =>
    list.flatMap((one) => (one.poor ? [] : one.steps)).filter(isJudged);
  const rows = series.map((one) => {
    const judged = one.steps.filter(isJudged);
    const healthy = judged.filter(({ is }) => is === 'healthy');
    const bad = judged.filter(({ is }) => is === 'incident');
    const found = bad.filter(isFlagged);
    return [
      `${one.name}${one.poor ? ` (not counted: ${one.poor})` : ''}`,
      one.kind,
      String(one.steps.length),
      flaggedOf(healthy),
      String(healthy.filter(isOutside).length),
      one.incident === undefined
        ? '–'
        : `${one.what} after ${one.incident}: ${found.length} of ${bad.length}, ${found[0] ? `first at ${found[0].step}` : 'not found'}`,
    ];
  });
  const total = (what: string, list: readonly SeriesResult[]) => {
    const healthy = counted(list).filter(({ is }) => is === 'healthy');
    if (healthy.length === 0) return [];
    const successes = healthy.filter(isFlagged).length;
    const outside = healthy.filter(isOutside).length;
    const words = `${successes} of ${healthy.length} (${interval({ successes, n: healthy.length })})`;
    return [[`**${what}**`, '', '', words, String(outside), '']];
  };
  const totals = [
    ...total(
      'public',
      series.filter(({ kind }) => kind === 'public'),
    ),
    ...total(
      'SmolLM2',
      series.filter(({ kind }) => kind.startsWith('SmolLM2')),
    ),
    ...total(
      'tiny',
      series.filter(({ kind }) => kind.startsWith('tiny')),
    ),
    ...total('all', series),
  ];
  const head = ['series', 'what', 'checkpoints', 'healthy steps flagged', 'not calibrated here', 'incident'];
  return table(head, [...rows, ...totals]);
}

const isJudged = (step: Step): boolean => step.with !== null && step.with.calibrated !== 'none';
const isFlagged = (step: Step): boolean => step.with?.calibrated === 'flagged';
const isOutside = (step: Step): boolean => step.with?.calibrated === 'outside';
const flaggedOf = (steps: readonly Step[]): string =>
  steps.length === 0 ? '–' : `${steps.filter(isFlagged).length} of ${steps.length}`;

function keysTable(groups: readonly ClassedGroup[], first: readonly JudgedAdapter[], table: Table): string {
  const adapters = groups.find(({ name }) => name === 'adapters');
  const rows = (adapters?.runs ?? [])
    .filter(({ role }) => role !== 'known-good')
    .flatMap((run) => {
      const same = SAME_ADAPTERS[run.name];
      const asked = firstOf(run.regime, first).filter(({ name }) => same === undefined || name === same);
      const verdicts = asked.flatMap(({ name, gate }) =>
        gate?.benchmark === undefined ? [] : [`**${gate.benchmark.verdict}** (${name})`],
      );
      if (verdicts.length === 0) return [];
      return [
        [
          `${caseLabel(run.regime)}, seed ${run.seed}`,
          run.class === null ? 'not asked' : `\`${run.class}\``,
          verdicts.join(', '),
          same === undefined ? 'no' : 'yes',
          run.without.verdict,
          run.with.verdict,
          outcomeOf(run.with),
        ],
      ];
    });
  if (rows.length === 0) return 'None is measured.';
  return table(
    [
      'adapter',
      'truth',
      'probes alone (first study)',
      'the same adapter',
      'spectra alone, defaults',
      'spectra alone, calibrated',
      'what they say',
    ],
    rows,
  );
}

function outcomeOf({ calibrated = 'none', metrics }: Run['with']): string {
  const words = { flagged: 'flagged', outside: 'not calibrated here', quiet: 'quiet', none: 'not judged' };
  return metrics.length === 0 ? words[calibrated] : `${words[calibrated]}: ${metrics.join(', ')}`;
}

/** What escapes and what is flagged without a reason, by name. */
function foolsList(groups: readonly ClassedGroup[]): string {
  const lines = (wanted: readonly string[], found: readonly Outcome[]) =>
    groups.flatMap((group) =>
      casesOf(group).flatMap(({ regime, role, runs }) => {
        const wrong = runs.filter(
          (run) => run.class !== null && wanted.includes(run.class) && found.includes(run.with.calibrated ?? 'none'),
        );
        if (wrong.length === 0) return [];
        const outside = withOutcome(wrong, 'outside').length;
        const note = outside === 0 ? '' : ` (${outside} of them not calibrated here)`;
        const how = { 'known-good': ' left out', 'held-out': ' held out', other: '' }[role];
        return [
          `- ${groupLabel(group.name)}: **${caseLabel(regime)}**${how}, ${classesOf(wrong)}, ${wrong.length} of ${runs.length}${note}`,
        ];
      }),
    );
  const list = (all: readonly string[]) => (all.length === 0 ? 'None.' : all.join('\n'));
  return [
    'Narrow, memorized or worse, and not flagged:',
    list(lines(BAD, ['quiet', 'outside'])),
    'Healthy, and flagged:',
    list(lines(HEALTHY, ['flagged'])),
  ].join('\n\n');
}

const tenths = (part: number): string => `${(part * 100).toFixed(1)}%`;
