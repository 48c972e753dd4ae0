import { groupBy } from '@shadow-gate/platform';
import { type PairedFact, type PairedItem, type Side, shareOfRight } from './paired-item.ts';

/** One answer, as numbers of both sides, and the unit that it belongs to. */
export interface Observed extends Readonly<Record<Side, number>> {
  /** Answers of one unit rise and fall together: those to one fact, or to everything that shares a passage. */
  readonly unit: string;
}

export type Sample = readonly Observed[];

export type Members = ReadonlyArray<readonly PairedItem[]>;

/** Only a passage makes several facts one unit. */
export function sharedUnit(suite: string, { passage }: { readonly passage?: string | undefined }): string | undefined {
  return passage === undefined ? undefined : JSON.stringify([suite, passage]);
}

/** Name of the unit of a member that shares none, by its index in the suite. */
export function ownUnit(place: number, suite = ''): string {
  return `${place} ${suite}`;
}

export function isShared(unit: string): boolean {
  return unit.startsWith('[');
}

/** Does any answer of a measurement share its unit with others? */
export function shareUnits(items: ReadonlyArray<Parameters<typeof sharedUnit>[1]>): boolean {
  return items.some((item) => sharedUnit('', item) !== undefined);
}

/** The unit in another suite: a group and its benchmark may ask about one passage. */
export function unitIn(suite: string, unit: string): string {
  const [, passage] = JSON.parse(unit) as readonly [string, string];
  return JSON.stringify([suite, passage]);
}

/** Members by unit, in their order; by default, each is its own unit. */
export function unitsOf<T>(members: readonly T[], unitOf: (member: T) => string | undefined): T[][] {
  const keyed = members.map((member, i) => ({ member, key: unitOf(member) ?? ownUnit(i) }));
  return [...groupBy(keyed, ({ key }) => key).values()].map((own) => own.map(({ member }) => member));
}

export function numbersByUnit<T extends readonly PairedItem[]>(
  members: readonly T[],
  numberOf: (member: T) => number,
): number[][] {
  return unitsOf(members, ([first]) => first?.unit).map((unit) => unit.map(numberOf));
}

type Score = (item: PairedItem, side: Side) => number;

const rightShare: Score = (item, side) => shareOfRight(item[side]);

/** The answers of each member, such as a fact, in the unit of its first. */
export function sampleOf(members: Members, score: Score = rightShare): Sample {
  return members.flatMap((own, i) => observe(own, own[0]?.unit ?? ownUnit(i), score));
}

/** Some answers of these facts, in the units of their benchmark forms. */
export function sampleOfFacts(
  facts: readonly PairedFact[],
  itemsOf: (fact: PairedFact) => readonly PairedItem[],
  score: Score = rightShare,
): Sample {
  return facts.flatMap((fact, i) => observe(itemsOf(fact), fact.benchmark.unit ?? ownUnit(i), score));
}

function observe(items: readonly PairedItem[], unit: string, score: Score): Observed[] {
  return items.map((item) => ({ unit, baseline: score(item, 'baseline'), candidate: score(item, 'candidate') }));
}

export function changesByUnit(sample: Sample): number[][] {
  const units = groupBy(sample, ({ unit }) => unit);
  return [...units.values()].map((own) => own.map(({ candidate, baseline }) => candidate - baseline));
}

/** Sums of the changes by unit: a test that flips their signs is exact, however answers within a unit depend. */
export function sumsByUnit(sample: Sample): number[] {
  return changesByUnit(sample).map((changes) => changes.reduce((sum, change) => sum + change, 0));
}

/** Each item stands for a fact. */
export function countUnits(items: readonly PairedItem[]): number {
  return unitsOf(items, ({ unit }) => unit).length;
}

/** Nothing if each fact is a unit. */
export function unitsIn(items: readonly PairedItem[]): { readonly units?: number } {
  if (items.every(({ unit }) => unit === undefined)) return {};
  return { units: new Set(items.map(({ unit, fact }) => JSON.stringify([unit ?? null, unit ?? fact]))).size };
}
