import { given } from '@shadow-gate/platform';
import { factKey, itemKey, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import type { Form } from '@shadow-gate/probes/item';
import type { Finding } from '../finding.ts';
import { type Grading, gradeItems, type SharpnessOfForm } from './graded.ts';
import { selectInstruments } from './instruments.ts';
import { askingOrder } from './order.ts';
import { groupItems, type PairOptions, pairItem, pairOptions } from './paired-facts.ts';
import type { PairedAnswers, PairedItem } from './paired-item.ts';

/**
 * Each through its own chat template, which write different prompts: what is lost is lost, and nothing else is sure.
 */
function otherFrames({ chatFrame: ours }: MeasuredProbes, { chatFrame: theirs }: MeasuredProbes): Finding[] {
  if (ours === undefined || theirs === undefined || ours === theirs) return [];
  return [{ kind: 'other-chat-template', level: 'inconclusive', candidate: true, baseline: true }];
}

const NOTHING: PairedAnswers = { facts: [], unjudged: [], groups: [], labels: [] };

/**
 * Put the answers of candidate and baseline to the same items side by side. Other seeds, other files or another way of
 * prompting are never paired. An item that the baseline answered and the candidate could not run is wrong: a candidate
 * cannot choose which probes count. Only a time budget may leave items out: then the items that both answered are
 * paired.
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
  if (candidate.chatTemplate !== baseline.chatTemplate) {
    const [ours, theirs] = [candidate.chatTemplate, baseline.chatTemplate];
    return {
      ...NOTHING,
      items: [],
      lost: [],
      sharpness: [],
      findings: [{ kind: 'other-chat-template', level: 'inconclusive', candidate: ours, baseline: theirs }],
    };
  }
  const differences = suiteDifferences(candidate, baseline);
  const otherLevels = levelDifferences(candidate, baseline).filter(({ suite }) =>
    differences.every((other) => other.suite !== suite),
  );
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

/** @param of whose suites say what the items are */
function judgedAnswers(items: readonly PairedItem[], of: Pick<MeasuredProbes, 'suites'>): PairedAnswers {
  const { refusals, ...benchmarks } = groupItems(items, of.suites);
  return { ...selectInstruments(benchmarks), ...given({ refusals }) };
}

/**
 * The items alone, without what can be judged by them: for answers that may be asked in another way, none.
 * @param fitOn those that sharpness is fitted on: what bets are made on later has to be known before
 */
export function pairSides(
  candidate: MeasuredProbes,
  baseline: MeasuredProbes,
  fitOn: (item: PairedItem) => boolean,
): ReturnType<typeof pairItems> {
  if (candidate.chatTemplate !== baseline.chatTemplate) return { items: [], lost: [], sharpness: [] };
  const differences = suiteDifferences(candidate, baseline);
  const otherLevels = levelDifferences(candidate, baseline).filter(({ suite }) =>
    differences.every((other) => other.suite !== suite),
  );
  return pairItems(candidate, baseline, { differences, otherLevels, fitOn });
}

/** Every item of comparable suites that both answered, or that the candidate should have. */
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

/** Whether an item is in any statistic: must-pass questions are judged one by one. */
function isJudgedTogether({ suites }: Pick<MeasuredProbes, 'suites'>): (item: { readonly suite: string }) => boolean {
  const alone = new Set(suites.filter(({ role }) => role === 'must-pass').map(({ name }) => name));
  return ({ suite }) => !alone.has(suite);
}

interface Differences {
  readonly differences: ReturnType<typeof suiteDifferences>;
  readonly otherLevels: ReturnType<typeof levelDifferences>;
  /** The items that sharpness is fitted on; all if missing. */
  readonly fitOn?: (item: PairedItem) => boolean;
}

/**
 * What the baseline answered and the candidate should have: without a budget, all items; with one, the items of facts
 * that the candidate left out because it could not run them, or answered in some forms only. For a candidate that was
 * asked block by block: the items of the blocks that it says it was asked, and those that it could not run in any
 * block.
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

/** An item that only the baseline answered: the candidate's answer is wrong, by as much as there is. */
function pairLost(item: ProbeItemMeasurement, options: PairOptions): PairedItem {
  const paired = pairItem(item, item, options);
  const { probability } = paired.baseline;
  const margin = -Math.abs(item.margin);
  const samples = item.samples && { samples: { ...item.samples, correct: 0 } };
  const candidate = { correct: false, given: '', margin, probability: probability && 0, logprobs: null, ...samples };
  return { ...paired, candidate };
}

/** The answers of one measurement as pairs of themselves: for what can be reported without a baseline. */
export function pairWithItself(probes: MeasuredProbes): PairedAnswers {
  const options = pairOptions(probes);
  const own = probes.items.filter(isJudgedTogether(probes));
  const { items } = gradeItems(own.map((item) => pairItem(item, item, options)));
  return judgedAnswers(items, probes);
}

/** The same with the items that were left out too: as if each form had been answered like that. */
export function pairLeftOutWithItself(probes: MeasuredProbes, correct: Readonly<Record<Form, boolean>>): PairedAnswers {
  return pairWithItself({ ...probes, items: [...probes.items, ...leftOutItems(probes, correct)] });
}

/** Their chance is the highest that is known, so that they prove the least. */
function leftOutItems(
  { leftOut, items }: MeasuredProbes,
  correct: Readonly<Record<Form, boolean>>,
): ProbeItemMeasurement[] {
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
  return [...differences, ...missing.map(({ name, digest }) => ({ suite: name, finding: missingSuite(name, digest) }))];
}

type Suite = MeasuredProbes['suites'][number];

function missingSuite(suite: string, baseline: string): Finding {
  return { kind: 'other-suite', level: 'inconclusive', suite, candidate: null, baseline, versions: null };
}

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

/**
 * Levels that the baseline was asked and the candidate was not. A candidate does not choose its levels: what the two
 * were both asked is compared, and what is missing keeps a verdict from `pass`.
 */
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
