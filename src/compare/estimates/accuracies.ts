import { groupBy } from '@shadow-gate/platform';
import { type Form, TWIN_KINDS, type TwinKind } from '@shadow-gate/probes/item';
import { kornGraubard } from '../../statistics/index.ts';
import {
  type PairedAnswers,
  type PairedFact,
  type PairedItem,
  type Side,
  shareOfRight,
} from '../pairing/paired-item.ts';
import type { SuitePool } from '../pairing/pool.ts';
import { unitsIn, unitsOf } from '../pairing/sample.ts';
import type { AccuracyRow, ShadowRow } from '../rows/accuracies.ts';
import type { Estimate } from '../rows/fields.ts';
import { sharesInterval } from './change-interval.ts';
import { itemTwinKind } from './kinds.ts';

interface Answered {
  readonly form: Form;
  readonly kind: TwinKind | null;
  readonly items: readonly PairedItem[];
}

interface AccuracyOptions {
  readonly pool: SuitePool;
  /** Level of the two-sided intervals. */
  readonly level: number;
  /** False: both sides are the candidate. */
  readonly hasBaseline: boolean;
}

const ROWS: ReadonlyArray<Pick<AccuracyRow, 'form' | 'kind'>> = [
  { form: 'benchmark', kind: null },
  ...TWIN_KINDS.map((kind) => ({ form: 'twin', kind }) as const),
  { form: 'robustness', kind: null },
];

/** By form and kind of twin. @param facts with the benchmark form that a gain is measured on */
export function accuraciesByForm(
  { facts, groups }: Pick<PairedAnswers, 'facts' | 'groups'>,
  options: AccuracyOptions,
): AccuracyRow[] {
  return rowScopes(facts, options.pool).flatMap((scope) => {
    const answered = answersWithin(scope, { facts, groups, pool: options.pool });
    return ROWS.flatMap((row): AccuracyRow[] => {
      const own = answered.filter(({ form, kind }) => form === row.form && kind === row.kind);
      if (own.length === 0) return [];
      const accuracy = (side: Side) => accuracyOf(own, side, options.level);
      const items = own.flatMap((answers) => answers.items);
      const counts = { facts: own.length, items: items.length, ...unitsIn(items) };
      const baseline = options.hasBaseline ? accuracy('baseline') : null;
      return [{ ...scope, ...row, ...counts, baseline, candidate: accuracy('candidate') }];
    });
  });
}

/** Items of a group have no fact in common: they count where their suite counts. */
function answersWithin(
  scope: RowScope,
  { facts, groups, pool }: Pick<PairedAnswers, 'facts' | 'groups'> & Pick<AccuracyOptions, 'pool'>,
): Answered[] {
  const members = facts.filter(({ benchmark }) => isWithin(scope, benchmark, pool));
  const suites = new Set(members.map(({ benchmark }) => benchmark.suite));
  const beside = groups.filter(({ of }) => suites.has(of)).flatMap(({ items }) => items);
  return [
    ...members.flatMap((fact) => formsOf(fact)),
    ...beside.map((item): Answered => ({ form: 'twin', kind: 'group', items: [item] })),
  ];
}

function formsOf({ benchmark, twins, robustness }: PairedFact): Answered[] {
  return [
    { form: 'benchmark', kind: null, items: [benchmark] },
    ...[...groupBy(twins, itemTwinKind).values()].map((items): Answered => {
      const [first] = items;
      return { form: 'twin', kind: first ? itemTwinKind(first) : null, items };
    }),
    ...(robustness.length === 0 ? [] : [{ form: 'robustness', kind: null, items: robustness } as const]),
  ];
}

function accuracyOf(answered: readonly Answered[], side: Side, level: number): Estimate {
  const units = unitsOf(answered, ({ items: [first] }) => first?.unit).map((own) => own.flatMap(({ items }) => items));
  if (units.some((items) => items.some((item) => item[side].samples !== undefined))) {
    const shares = units.map((items) => items.map((item) => shareOfRight(item[side])));
    const { value, lower, upper } = sharesInterval(shares, level);
    return { value, lower: lower && Math.max(0, lower), upper: upper && Math.min(1, upper) };
  }
  const clusters = units.map((items) => items.map((item) => item[side].correct));
  const interval = kornGraubard(clusters, level);
  return { value: interval?.share ?? 0, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}

export type RowScope = Pick<ShadowRow, 'suite' | 'capability'>;

export function isWithin(
  { suite, capability }: RowScope,
  item: Pick<PairedItem, 'suite' | 'capability'>,
  pool: SuitePool,
): boolean {
  return (
    (suite === null ? pool.has(item.suite) : item.suite === suite) &&
    (capability === null || item.capability === capability)
  );
}

/** Each of several benchmarks has its own row, and another for each shared capability if it has several. */
export function rowScopes(facts: readonly PairedFact[], pool: SuitePool): RowScope[] {
  if (facts.length === 0) return [];
  const exams = facts.map(({ benchmark }) => benchmark);
  const suites = groupBy(exams, ({ suite }) => suite);
  const capabilitiesOf = (items: readonly PairedItem[]) => new Set(items.map(({ capability }) => capability));
  const several = suites.size > 1 ? [...suites.keys()] : [];
  return [
    { suite: null, capability: null },
    ...several.map((suite) => ({ suite, capability: null })),
    ...[...capabilitiesOf(exams.filter(({ suite }) => pool.has(suite)))].flatMap((capability) => {
      const having = several.filter((suite) => capabilitiesOf(suites.get(suite) ?? []).has(capability));
      const parts = having.filter((suite) => capabilitiesOf(suites.get(suite) ?? []).size > 1);
      return [{ suite: null, capability }, ...(having.length > 1 ? parts.map((suite) => ({ suite, capability })) : [])];
    }),
  ];
}
