import { given } from '@shadow-gate/platform';
import { factKey, itemKey, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import type { Form } from '@shadow-gate/probes/item';
import type { Finding } from '../finding.ts';
import { type Grading, gradeItems, type SharpnessOfForm } from './graded.ts';
import { selectInstruments } from './instruments.ts';
import { askingOrder } from './order.ts';
import { groupItems, type PairOptions, pairItem, pairOptions } from './paired-facts.ts';
import type { PairedAnswers, PairedItem } from './paired-item.ts';

const NOTHING: PairedAnswers = { facts: [], unjudged: [], groups: [], labels: [] };

/**
 * Put the answers of both sides to the same items next to each other. Other seeds, files or ways of prompting are never
 * paired. An item that the baseline answered and the candidate could not run is wrong, since a candidate cannot choose
 * its probes; only a time budget may leave items out.
 */
export function pairAnswers(
  candidate: MeasuredProbes,
  baseline: MeasuredProbes,
): PairedAnswers & {
  readonly items: readonly PairedItem[];
  readonly lost: readonly ProbeItemMeasurement[];
  readonly findings: readonly Finding[];
  readonly sharpness: readonly SharpnessOfForm[];
} {
  const [ours, theirs] = [candidate.chatTemplate, baseline.chatTemplate];
  if (ours !== theirs) {
    const finding = { kind: 'other-chat-template', level: 'inconclusive', candidate: ours, baseline: theirs } as const;
    return { ...NOTHING, items: [], lost: [], sharpness: [], findings: [finding] };
  }
  const { differences, otherLevels } = differencesOf(candidate, baseline);
  const { items, lost, sharpness } = pairItems(candidate, baseline, { differences, otherLevels });
  const answered = judgedAnswers(items, baseline);
  const reasons = [
    ...otherFrames(candidate, baseline),
    ...[...differences, ...otherLevels].map(({ finding }) => finding),
  ];
  const findings: readonly Finding[] =
    answered.facts.length + answered.unjudged.length === 0 && reasons.length === 0
      ? [{ kind: 'no-common-items', level: 'inconclusive' }]
      : reasons;
  return { ...answered, items, lost, findings, sharpness };
}

/** Different chat templates write different prompts: losses are losses, and nothing else is sure. */
function otherFrames({ chatFrame: ours }: MeasuredProbes, { chatFrame: theirs }: MeasuredProbes): Finding[] {
  if (ours === undefined || theirs === undefined || ours === theirs) return [];
  return [{ kind: 'other-chat-template', level: 'inconclusive', candidate: true, baseline: true }];
}

function differencesOf(candidate: MeasuredProbes, baseline: MeasuredProbes) {
  const differences = suiteDifferences(candidate, baseline);
  const otherLevels = levelDifferences(candidate, baseline).filter(({ suite }) =>
    differences.every((other) => other.suite !== suite),
  );
  return { differences, otherLevels };
}

/** @param of the side that describes the suites */
function judgedAnswers(items: readonly PairedItem[], of: Pick<MeasuredProbes, 'suites'>): PairedAnswers {
  const { refusals, ...benchmarks } = groupItems(items, of.suites);
  return { ...selectInstruments(benchmarks), ...given({ refusals }) };
}

/** The items alone. @param fitOn items that sharpness is fitted on: it has to be known before later bets */
export function pairSides(candidate: MeasuredProbes, baseline: MeasuredProbes, fitOn: (item: PairedItem) => boolean) {
  if (candidate.chatTemplate !== baseline.chatTemplate) return { items: [], lost: [], sharpness: [] };
  return pairItems(candidate, baseline, { ...differencesOf(candidate, baseline), fitOn });
}

function pairItems(
  candidate: MeasuredProbes,
  baseline: MeasuredProbes,
  { differences, otherLevels, fitOn }: Differences,
): Grading & { readonly lost: readonly ProbeItemMeasurement[] } {
  const refused = new Set(differences.map(({ suite }) => suite));
  const answers = new Map(baseline.items.map((item) => [itemKey(item), item]));
  const options = pairOptions(candidate);
  const isPaired = isJudgedTogether(baseline);
  const items = candidate.items.filter(isPaired).flatMap((item) => {
    const other = refused.has(item.suite) ? undefined : answers.get(itemKey(item));
    return other ? [pairItem(item, other, options)] : [];
  });
  const isAsked = ({ suite, family, level }: ProbeItemMeasurement) =>
    !otherLevels.some((other) => other.suite === suite && other.isMissing({ family, level }));
  const lost = lostItems(candidate, baseline).filter((item) => !refused.has(item.suite) && isAsked(item));
  const graded = gradeItems([...items, ...lost.filter(isPaired).map((item) => pairLost(item, options))], fitOn);
  return { ...graded, lost };
}

/** Must-pass questions are judged one by one, in no statistic. */
function isJudgedTogether({ suites }: Pick<MeasuredProbes, 'suites'>): (item: { readonly suite: string }) => boolean {
  const alone = new Set(suites.filter(({ role }) => role === 'must-pass').map(({ name }) => name));
  return ({ suite }) => !alone.has(suite);
}

interface Differences extends ReturnType<typeof differencesOf> {
  /** All if missing. */
  readonly fitOn?: (item: PairedItem) => boolean;
}

/**
 * What the baseline answered and the candidate should have: without a budget, all items; with one, the items of facts
 * that the candidate answered only in part or could not run. If it was asked block by block: the items of its blocks,
 * and those that it could not run in any block.
 */
function lostItems(candidate: MeasuredProbes, baseline: MeasuredProbes): ProbeItemMeasurement[] {
  const answered = new Set(candidate.items.map(itemKey));
  const missing = baseline.items.filter((item) => !answered.has(itemKey(item)));
  if (candidate.sequential && candidate.orderSeed !== undefined) {
    const asked = new Set(askingOrder(baseline, candidate.orderSeed).slice(0, candidate.sequential.blocks).flat());
    const leftOut = new Set(candidate.leftOut.map(itemKey));
    const unable = new Set(baseline.items.filter((item) => leftOut.has(itemKey(item))).map(factKey));
    return missing.filter((item) => asked.has(factKey(item)) || unable.has(factKey(item)));
  }
  if (candidate.budgetSeconds === null && baseline.budgetSeconds === null) return missing;
  const leftOut = new Set(candidate.leftOut.map(itemKey));
  // A budget leaves out whole facts, never one that the candidate answered in some form.
  const begun = baseline.items.filter((item) => leftOut.has(itemKey(item)) || answered.has(itemKey(item))).map(factKey);
  const facts = new Set(begun);
  return missing.filter((item) => facts.has(factKey(item)));
}

/** The candidate's answer is wrong, by as much as possible. */
function pairLost(item: ProbeItemMeasurement, options: PairOptions): PairedItem {
  const paired = pairItem(item, item, options);
  const { probability } = paired.baseline;
  const margin = -Math.abs(item.margin);
  const samples = item.samples && { samples: { ...item.samples, correct: 0 } };
  const candidate = { correct: false, given: '', margin, probability: probability && 0, logprobs: null, ...samples };
  return { ...paired, candidate };
}

export function pairWithItself(probes: MeasuredProbes): PairedAnswers {
  const options = pairOptions(probes);
  const own = probes.items.filter(isJudgedTogether(probes));
  const { items } = gradeItems(own.map((item) => pairItem(item, item, options)));
  return judgedAnswers(items, probes);
}

/** Also with the items that were left out, as if each form had been answered like that. */
export function pairLeftOutWithItself(probes: MeasuredProbes, correct: Readonly<Record<Form, boolean>>): PairedAnswers {
  return pairWithItself({ ...probes, items: [...probes.items, ...leftOutItems(probes, correct)] });
}

/** With the highest known chance, so that they prove the least. */
function leftOutItems({ leftOut, items }: MeasuredProbes, correct: Readonly<Record<Form, boolean>>) {
  const chance = items.reduce((highest, item) => Math.max(highest, item.chance), 0);
  const answer = { chance, prompt: '', right: '', given: '', margin: 0, probability: null, logprobs: null };
  return leftOut.flatMap(({ reason: _, cause: _cause, ...item }): ProbeItemMeasurement[] => {
    const { fact, capability, family, cluster, form } = item;
    const isKnown = fact !== undefined && capability && family !== undefined && cluster !== undefined && form;
    if (!isKnown) return [];
    return [{ ...item, fact, capability, family, cluster, form, ...answer, correct: correct[form] }];
  });
}

export function suiteDifferences(candidate: MeasuredProbes, baseline: MeasuredProbes) {
  const theirs = new Map(baseline.suites.map((suite) => [suite.name, suite]));
  const names = new Set(candidate.suites.map(({ name }) => name));
  const differences = candidate.suites.flatMap((own) => {
    const finding = suiteDifference(own, theirs.get(own.name));
    return finding ? [{ suite: own.name, finding }] : [];
  });
  const missing = baseline.suites.filter(({ name }) => !names.has(name));
  const lacking = missing.map(({ name: suite, digest }) => {
    const about = { suite, candidate: null, baseline: digest, versions: null };
    return { suite, finding: { kind: 'other-suite', level: 'inconclusive', ...about } as const };
  });
  return [...differences, ...lacking];
}

type Suite = MeasuredProbes['suites'][number];

function suiteDifference(own: Suite, other: Suite | undefined): Finding | null {
  const level = 'inconclusive';
  const suite = own.name;
  if (!other) return { kind: 'other-suite', level, suite, candidate: own.digest, baseline: null, versions: null };
  if (own.seed !== other.seed) {
    return { kind: 'other-seed', level, suite, candidate: String(own.seed), baseline: String(other.seed) };
  }
  if (own.digest === other.digest) {
    if (own.texts === other.texts) return null;
    return { kind: 'texts-not-hashed', level, suite, side: own.texts === undefined ? 'candidate' : 'baseline' };
  }
  const versions =
    own.version === other.version ? null : { candidate: String(own.version), baseline: String(other.version) };
  return { kind: 'other-suite', level, suite, candidate: own.digest, baseline: other.digest, versions };
}

/** Levels that only the baseline was asked. A candidate does not choose its levels: missing ones prevent `pass`. */
function levelDifferences(candidate: MeasuredProbes, baseline: MeasuredProbes) {
  const ours = new Map(candidate.suites.map(({ name, levels = [] }) => [name, levels]));
  return baseline.suites.flatMap(({ name: suite, levels = [] }) => {
    const families = levels.flatMap(({ family, asked }) => {
      const own = ours.get(suite)?.find((other) => other.family === family)?.asked ?? [];
      return asked.every((level) => own.includes(level)) ? [] : [{ family, candidate: own, baseline: asked }];
    });
    if (families.length === 0) return [];
    const isMissing = ({ family, level }: { readonly family: string; readonly level?: number | undefined }) =>
      families.some((other) => other.family === family && !other.candidate.includes(level ?? 0));
    return [{ suite, isMissing, finding: { kind: 'other-levels', level: 'inconclusive', suite, families } as const }];
  });
}
