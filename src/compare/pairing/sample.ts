import { groupBy } from '@shadow-gate/platform';
import { type PairedFact, type PairedItem, type Side, shareOfRight } from './paired-item.ts';

/** One answer, as numbers of both sides, and the unit that it belongs to. */
export interface Observed extends Readonly<Record<Side, number>> {
  /** Answers of one unit rise and fall together: those to one fact, or to everything that shares a passage. */
  readonly unit: string;
}

/** Answers with their units: the one form in which tests and intervals get them. */
export type Sample = readonly Observed[];

/** The answers of each fact. */
export type Members = ReadonlyArray<readonly PairedItem[]>;

/** Name of the unit of everything in a suite that shares a passage. Nothing else says what is one unit. */
export function sharedUnit(suite: string, { passage }: { readonly passage?: string | undefined }): string | undefined {
  return passage === undefined ? undefined : JSON.stringify([suite, passage]);
}

/** Name of the unit of a member that shares none, by its place among the members of a suite. */
export function ownUnit(place: number, suite = ''): string {
  return `${place} ${suite}`;
}

/** Is it the name of a unit that several may share? */
export function isShared(unit: string): boolean {
  return unit.startsWith('[');
}

/** The same unit in another suite: a group and the suite that it is twins of may ask about one passage. */
export function unitIn(suite: string, unit: string): string {
  const [, passage] = JSON.parse(unit) as readonly [string, string];
  return JSON.stringify([suite, passage]);
}

/** Does any answer of a measurement share its unit with others? */
export function shareUnits(items: ReadonlyArray<{ readonly passage?: string | undefined }>): boolean {
  return items.some(({ passage }) => passage !== undefined);
}

/** Members by unit, in their order. A member without the name of a unit is one of its own. */
export function unitsOf<T>(members: readonly T[], unitOf: (member: T) => string | undefined): T[][] {
  const keyed = members.map((member, i) => ({ member, key: unitOf(member) ?? ownUnit(i) }));
  return [...groupBy(keyed, ({ key }) => key).values()].map((own) => own.map(({ member }) => member));
}

/** One number for each member, such as a fact, by unit. */
export function numbersByUnit<T extends readonly PairedItem[]>(
  members: readonly T[],
  numberOf: (member: T) => number,
): number[][] {
  return unitsOf(members, ([first]) => first?.unit).map((unit) => unit.map(numberOf));
}

type Score = (item: PairedItem, side: Side) => number;

const rightShare: Score = (item, side) => shareOfRight(item[side]);

/** The sample of these answers; those of one member, such as a fact, are in the unit of the first of them. */
export function sampleOf(members: Members, score: Score = rightShare): Sample {
  return members.flatMap((own, i) => observe(own, own[0]?.unit ?? ownUnit(i), score));
}

/** The sample of some answers of these facts, which are in the units of their benchmark forms. */
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

/** The changes of the answers of each unit. */
export function changesByUnit(sample: Sample): number[][] {
  const units = groupBy(sample, ({ unit }) => unit);
  return [...units.values()].map((own) => own.map(({ candidate, baseline }) => candidate - baseline));
}

/**
 * The sum of the changes of each unit: a test that flips their signs is exact whatever the answers of a unit have in
 * common.
 */
export function sumsByUnit(sample: Sample): number[] {
  return changesByUnit(sample).map((changes) => changes.reduce((sum, change) => sum + change, 0));
}

/** The number of units of items, each of which stands for a fact. */
export function countUnits(items: readonly PairedItem[]): number {
  return unitsOf(items, ({ unit }) => unit).length;
}

/** The number of units of a row; nothing if each fact is one. */
export function unitsIn(items: readonly PairedItem[]): { readonly units?: number } {
  if (items.every(({ unit }) => unit === undefined)) return {};
  return { units: new Set(items.map(({ unit, fact }) => JSON.stringify([unit ?? null, unit ?? fact]))).size };
}
