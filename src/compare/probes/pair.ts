import type { MeasuredProbes, ProbeItemMeasurement } from '../../measure/schema/probes.ts';
import { groupBy } from '../../platform/group-by.ts';
import { invalid, type Reason } from '../finding.ts';
import type { PairedFact, PairedItem, ProbeAnswer } from './paired-item.ts';

export interface PairedProbes {
  readonly facts: readonly PairedFact[];
  /** Why some or all could not be paired. */
  readonly reasons: readonly Reason[];
}

/**
 * Put the answers of candidate and baseline to the same items side by side. Other seeds, other files or another way of
 * asking are never paired; of a part that only one of the two was asked (a budget), the rest is.
 */
export function pairProbes(candidate: MeasuredProbes, baseline: MeasuredProbes): PairedProbes {
  if (candidate.chatTemplate !== baseline.chatTemplate) {
    const [ours, theirs] = [candidate, baseline].map(({ chatTemplate }) => (chatTemplate ? 'with' : 'without'));
    const message = `the candidate was asked ${ours} its chat template, the baseline ${theirs}: measure it again`;
    return { facts: [], reasons: [invalid('chat template', null, 'model', ours ?? '', theirs ?? '', message)] };
  }
  const reasons = suiteDifferences(candidate, baseline);
  const refused = new Set(reasons.map(({ place }) => place));
  const answers = new Map(baseline.items.map((item) => [keyOf(item), item]));
  const several = candidate.suites.length > 1;
  const items = candidate.items.flatMap((item) => {
    const other = refused.has(item.suite) ? undefined : answers.get(keyOf(item));
    return other ? [pair(item, other, several)] : [];
  });
  const facts = factsOf(items);
  if (facts.length === 0 && reasons.length === 0) {
    const message = 'candidate and baseline have no item in common: measure the baseline again';
    return { facts, reasons: [invalid('items', null, 'model', null, null, message)] };
  }
  return { facts, reasons };
}

/** The answers of one measurement as pairs of themselves: for what there is to say without a baseline. */
export function pairWithItself(probes: MeasuredProbes): PairedFact[] {
  const several = probes.suites.length > 1;
  return factsOf(probes.items.map((item) => pair(item, item, several)));
}

function suiteDifferences(candidate: MeasuredProbes, baseline: MeasuredProbes): Reason[] {
  const theirs = new Map(baseline.suites.map((suite) => [suite.name, suite]));
  return candidate.suites.flatMap((suite): Reason[] => {
    const other = theirs.get(suite.name);
    if (!other) {
      const message = `the baseline was not asked the suite ${suite.name}: measure it again`;
      return [invalid('suite', null, suite.name, suite.digest, null, message)];
    }
    if (suite.seed !== other.seed) {
      const [ours, its] = [String(suite.seed), String(other.seed)];
      const message = `the probes of ${suite.name} were drawn with seed ${ours}, the baseline's with ${its}: they are other items; use one seed for both`;
      return [invalid('seed', null, suite.name, ours, its, message)];
    }
    if (suite.digest === other.digest) return [];
    const what =
      suite.version === other.version
        ? 'has changed since the baseline was measured'
        : `is version ${suite.version}, the baseline's ${other.version}`;
    const message = `the suite ${suite.name} ${what}: measure the baseline again`;
    return [invalid('suite', null, suite.name, suite.digest, other.digest, message)];
  });
}

function keyOf({ suite, id }: ProbeItemMeasurement): string {
  return JSON.stringify([suite, id]);
}

function pair(item: ProbeItemMeasurement, other: ProbeItemMeasurement, several: boolean): PairedItem {
  const { capability, form, chance, prompt, right } = item;
  const own = (name: string) => (several ? `${item.suite} · ${name}` : name);
  return {
    id: own(item.id),
    fact: own(item.fact),
    family: own(item.family),
    cluster: own(item.cluster),
    capability,
    form,
    chance,
    prompt,
    right,
    candidate: answerOf(item),
    baseline: answerOf(other),
  };
}

function answerOf({ correct, given, margin, probability }: ProbeItemMeasurement): ProbeAnswer {
  return { correct, given, margin, probability };
}

/** Facts that have both forms. */
function factsOf(items: readonly PairedItem[]): PairedFact[] {
  return [...groupBy(items, ({ fact }) => fact).values()].flatMap((members): PairedFact[] => {
    const benchmark = members.find(({ form }) => form === 'benchmark');
    const twins = members.filter(({ form }) => form === 'twin');
    return benchmark && twins.length > 0 ? [{ benchmark, twins }] : [];
  });
}
