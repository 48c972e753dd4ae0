import {
  detectable,
  type Estimate,
  type Exclusion,
  type Flip,
  factsNeeded,
  type InstrumentPower,
  isOfAllFacts,
  type ProbeComparison,
  type ShadowRow,
} from '../../compare/probes/index.ts';
import type { ProbeReport } from '../../compare/report.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import {
  keptSentence,
  labelSentence,
  levelsSentence,
  memorizationSentence,
  robustnessSentence,
  showsMemory,
} from './instruments.ts';
import {
  formatCount,
  formatEnds,
  formatEstimate,
  formatInteger,
  formatInterval,
  formatLikelihood,
  formatPercent,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatProbability,
  formatRatio,
  ofPassages,
  pointsDigits,
} from './numbers.ts';
import { code, joinPhrases, listedNames, name, type Phrase, phrase, term } from './phrase.ts';
import { stopSentence } from './stops.ts';
import { decidingKinds } from './twin-words.ts';

/** An interval cut to the possible range: `limit` is 1 for a change of accuracy, 2 for a difference of two changes. */
export function within({ value, lower, upper }: Estimate, limit: number): Estimate {
  return {
    value,
    lower: lower === null ? null : Math.max(-limit, lower),
    upper: upper === null ? null : Math.min(limit, upper),
  };
}

/** Further numbers, items asked, and meaning of the columns. */
export function probeSectionNotes({ comparison, ...probes }: ProbeReport): Phrase[] {
  const { transfer, kinds, overTemplates, retention, margins, planned } = comparison;
  const [whole] = comparison.rows;
  const hasBaseline = whole?.twin.baseline !== null;
  return [
    whole?.units === undefined ? null : unitsNote(whole.facts, whole.units),
    ...evidenceNotes(comparison),
    hasBaseline || !whole ? null : plannedSentence(planned, whole.facts),
    deltaNote(comparison),
    whole?.twinChange ? twinChangeNote(whole.twinChange) : null,
    ...gradedNotes(comparison),
    transfer && kinds.length === 0 ? phrase`${TRANSFER}: ${formatInterval(transfer, formatRatio)}.` : null,
    retention &&
      phrase`${term('retention', 'Retention')}: ${formatPercent(retention.value)} (${formatInteger(retention.kept)} of ${formatInteger(retention.certain)} exam questions that the baseline answered with certainty).`,
    overTemplates &&
      phrase`Shadow delta with ${formatCount(overTemplates.templates, 'template')} instead of facts as units: ${formatPointsChange(overTemplates.value)} (${formatEnds(within(overTemplates, 2), pointsDigits)}).`,
    margins && margins.fell + margins.rose > 0
      ? phrase`Margins in other forms fell for ${formatCount(margins.fell, 'fact')} and rose for ${formatInteger(margins.rose)} (sign test for a fall, ${formatProbability(margins.p)}).`
      : null,
    textsNote(probes),
    probes.withoutTemplate === undefined ? null : unusedTemplate(probes.withoutTemplate, probes.suites.length),
    phrase`${itemsNote(probes)} ${legend(comparison, hasBaseline)}`,
  ].filter((note) => note !== null);
}

/** Passages are counted with the facts that are of none. */
const unitsNote = (facts: number, units: number): Phrase =>
  phrase`${formatCount(facts, 'question')}${ofPassages(units)}: what shares a ${term('passage', 'passage')} is one unit in every test and interval.`;

const TRANSFER = phrase`${term('transfer', 'Transfer')} (Δ other forms ÷ Δ exam in log-odds above chance; 1: all of the gain, 0: nothing)`;

/** The facts and twins of the shadow delta; null if it is over all of them. */
function deltaNote({ rows: [whole], kinds }: ProbeComparison): Phrase | null {
  if (!whole?.delta) return null;
  const { facts, delta } = whole;
  const isPart = kinds.length > decidingKinds(kinds).length;
  if (delta.facts === facts) return isPart ? phrase`The shadow delta is over the forms that decide.` : null;
  const which = `those of families below ceiling${isPart ? ' that have other forms which decide' : ''}`;
  return phrase`The shadow delta is over ${formatInteger(delta.facts)} of ${formatCount(facts, 'fact')}: ${which}.`;
}

const MAX_SUITES = 8;

/** Letters that are not judged or were memorized, and the levels reached: to be read before the numbers. */
const evidenceNotes = ({ labels, kept, levels }: ProbeComparison): Phrase[] => [
  ...someOf(labels.filter(({ works }) => !works).map(labelSentence)),
  ...someOf(kept.filter(showsMemory).map(keptSentence)),
  ...(levels.length > 0 ? [levelsSentence(levels)] : []),
];

export const probeRemarks = ({ labels, kept, robustness, memorization }: ProbeComparison): Phrase[] => [
  ...someOf(labels.filter(({ works }) => works).map(labelSentence)),
  ...someOf(kept.filter((row) => !showsMemory(row)).map(keptSentence)),
  ...someOf(memorization.map(memorizationSentence)),
  ...(robustness === null ? [] : [robustnessSentence(robustness)]),
];

function someOf(sentences: readonly Phrase[]): Phrase[] {
  const more = sentences.length - MAX_SUITES;
  return [
    ...sentences.slice(0, MAX_SUITES),
    ...(more > 0 ? [phrase`And ${formatCount(more, 'more suite')} like that: see the JSON report.`] : []),
  ];
}

const twinChangeNote = ({ twins, lost, won }: NonNullable<ShadowRow['twinChange']>): Phrase =>
  phrase`${formatCount(twins, 'answer')} (families above chance): ${formatInteger(lost)} newly wrong, ${formatInteger(won)} newly right.`;

function itemsNote(probes: Omit<ProbeReport, 'comparison'>): Phrase {
  const { asked, suites, seed, orderSeed, chatTemplate, budgetSeconds } = probes;
  const named = joinPhrases(suites.map(({ name: suite, items }) => phrase`${name(suite)} (${formatInteger(items)})`));
  const template = chatTemplate ? ', with the chat template' : '';
  const order = orderSeed === undefined ? '' : `, order seed ${orderSeed}`;
  const budget = budgetSeconds === null ? '' : `, within ${budgetSeconds} s`;
  const stop = stopSentence(probes);
  return phrase`Ran ${formatCount(asked, 'item')} of ${named}, seed ${String(seed)}${order}${template}${budget}.${stop === null ? '' : phrase` ${stop}`}`;
}

/** What a report discloses about private benchmarks; null without any. */
function textsNote({ suites }: Pick<ProbeReport, 'suites'>): Phrase | null {
  const hidden = suites.filter(({ texts }) => texts !== undefined).map(({ name: suite }) => suite);
  if (hidden.length === 0) return null;
  return phrase`This report has no prompt and no answer of ${listedNames(hidden)}, and neither has a measurement with ${code('probes-text: omit')}. Both have ids, names of subjects and families, and scores; letters are shown as hashes.`;
}

function legend({ confidence, exclusion, kinds }: ProbeReport['comparison'], hasBaseline: boolean): Phrase {
  if (!hasBaseline) return phrase`There is no baseline to compare with.`;
  const transfer = kinds.some((row) => row.transfer !== null) ? phrase`${TRANSFER}. ` : phrase``;
  const level = (value: number) => `${Math.round(100 * value)}%`;
  return phrase`${transfer}Baseline → candidate; in parentheses ${level(exclusion)} (their change) and ${level(confidence)} intervals. ${term('minimumDetectableEffect', 'MDE')}: minimum detectable effect at 80% power. All p-values are one-sided.`;
}

/** Time estimate for a model that is larger than memory. */
export function layersSentence({
  passSeconds,
  levelsSeconds,
}: Readonly<Record<'passSeconds' | 'levelsSeconds', number>>): string {
  const pass = `Layer by layer, a pass over the weights takes at least ${formatEstimate(passSeconds)}: one is for all scores, and one for each new token of an answer.`;
  if (levelsSeconds === 0) return pass;
  return `${pass} Finding the levels that suit it takes ${formatEstimate(levelsSeconds)} more; the estimate is for levels in the middle.`;
}

/** The levels that suit a model: `level 2 of 7 of records, …`. */
export function chosenLevels(
  levels: ReadonlyArray<{ readonly family: string; readonly count: number; readonly asked: readonly number[] | null }>,
): Phrase {
  const named = levels.map(
    ({ family, count, asked }) => phrase`${name(family)} ${(asked ?? []).join(' and ')} of ${formatInteger(count)}`,
  );
  return phrase`The levels that suit it: ${joinPhrases(named)}.`;
}

/** The drop that a model's facts can detect when it is the baseline; families at chance do not count. */
export function plannedSentence({ facts, mde, discordance }: ProbeComparison['planned'], all: number): Phrase {
  if (mde === null) {
    return phrase`No family is answered more often than by chance: with this model as the baseline, no drop in other forms can be detected.`;
  }
  const those =
    facts === all
      ? formatCount(facts, 'fact')
      : `the ${formatInteger(facts)} of ${formatCount(all, 'fact')} in families above chance`;
  return phrase`With ${those}, a drop in other forms of ${formatPoints(mde)} or more is detected with 80% power by right or wrong alone (assuming that ${formatPercent(discordance)} of the answers differ).`;
}

export function exclusionText(exclusion: Exclusion): string {
  const pooled =
    exclusion.pooledBelow === null
      ? ''
      : ` (judged with the other families of fewer than ${exclusion.pooledBelow} facts)`;
  return `${exclusionCause(exclusion)}${pooled}`;
}

function exclusionCause(exclusion: Exclusion): string {
  switch (exclusion.test) {
    case 'twin-accuracy':
      return exclusion.cause === 'baseline-at-chance'
        ? 'other forms: the baseline is at chance, so a drop cannot show'
        : 'other forms: both models may be guessing, so a drop cannot show';
    case 'retention':
      return 'retention: the baseline is at chance, so its certain answers were no knowledge';
    case 'shadow-delta': {
      const forms = exclusion.forms.map((form) => (form === 'benchmark' ? 'the exam' : 'the other form'));
      return `shadow delta: ${forms.join(' and ')} ${forms.length > 1 ? 'are' : 'is'} at ceiling, so a gain cannot show`;
    }
  }
}

export function flipSummary(flips: readonly Flip[]): string {
  const kept = flips.filter(({ beside }) => beside !== undefined).length;
  const lost = flips.length - kept;
  const letters = `${formatCount(kept, 'example')} of a kept letter: right in the exam, given again after shuffling`;
  const forms = `${formatCount(lost, 'example regression')}: exam still right, other form now wrong`;
  return [...(kept > 0 ? [letters] : []), ...(lost > 0 || kept === 0 ? [forms] : [])].join('; ');
}

export function flipText({ id, right, baseline, candidate, beside }: Omit<Flip, 'capability' | 'prompt'>): Phrase {
  if (right === null || baseline === null || candidate === null) {
    return beside === undefined
      ? phrase`${name(id)}: right in the baseline, wrong in the candidate; its texts are not disclosed.`
      : phrase`${name(id)}: the candidate gave the letter that was right before shuffling, and the baseline did not; its texts are not disclosed.`;
  }
  const answer = (text: string) => (text === '' ? 'nothing' : name(text));
  const before = beside === undefined ? [] : phrase` (${answer(beside.right ?? '')} before shuffling)`;
  return phrase`${name(id)}: correct is ${answer(right)}${before}, the baseline answered ${answer(baseline)}, the candidate ${answer(candidate)}.`;
}

/** @param suites those that were asked without the checkpoint's chat template, of `all` suites */
export function unusedTemplate(suites: readonly string[], all: number): Phrase {
  const which =
    suites.length === all
      ? phrase`the probes were`
      : phrase`${listedNames(suites)} ${suites.length === 1 ? 'was' : 'were'}`;
  return phrase`The checkpoint has a chat template, and ${which} asked without it: numbers of the two ways are not comparable.`;
}

/** Are the baseline's `facts` enough for a pass, by expected accuracy? Null if that is unknown. */
export function decidesSentence(powers: readonly InstrumentPower[], facts: number, policy: ProbePolicy): Phrase | null {
  const graded = powers.find(({ instrument }) => instrument === 'expected-accuracy');
  if (graded === undefined) return null;
  const loss = phrase`a loss of ${formatPoints(detectable(graded, facts, policy))} of ${term('expectedAccuracy', 'expected accuracy')}`;
  const limit = formatPointsLimit(graded.limit);
  const needed = factsNeeded(graded, policy);
  if (needed <= facts)
    return phrase`${formatCount(facts, 'fact')} rule out ${loss}, and a pass has to rule out ${limit}.`;
  return phrase`${formatCount(facts, 'fact')} rule out no less than ${loss}, and a pass has to rule out ${limit}: it takes ${formatInteger(needed)} facts (${code('facts')} of the built-in suite, or more questions).`;
}

/** Suites and forms to name. */
const NAMED_FORMS = 4;

const FORMS: Readonly<Record<ProbeComparison['sharpness'][number]['form'], string>> = {
  benchmark: 'exams',
  'benchmark-text': 'exams by text',
  twin: 'other forms',
  robustness: 'distracted exams',
};

/** Graded outcomes of all facts, and the sharpness of each model; empty if only right or wrong is known. */
export function gradedNotes({ graded, sharpness }: ProbeComparison): Phrase[] {
  const whole = graded.find(isOfAllFacts);
  if (!whole?.isGraded) return [];
  const { expected, likelihood, items } = whole;
  const accuracy = phrase`${term('expectedAccuracy', 'Expected accuracy')} ${formatPointsChange(expected.value)} (${formatEnds(expected, pointsDigits)})`;
  const texts =
    likelihood &&
    phrase`, ${term('answerLikelihood', 'answer likelihood')} ${formatLikelihood(likelihood.value)} nats per byte (${formatEnds(likelihood, formatLikelihood)})`;
  return [
    phrase`${accuracy}${texts ?? ''}, over ${formatCount(items, 'answer')} with one-sided bounds.`,
    ...sharpnessNote(sharpness),
  ];
}

function sharpnessNote(rows: ProbeComparison['sharpness']): Phrase[] {
  if (rows.length === 0) return [];
  const several = new Set(rows.map(({ suite }) => suite)).size > 1;
  const parts = rows.slice(0, NAMED_FORMS).map(({ suite, form, baseline, candidate }) => {
    const choices =
      baseline.choices === null || candidate.choices === null
        ? ''
        : `, choices × ${formatRatio(baseline.choices)} → ${formatRatio(candidate.choices)}`;
    const where = several ? phrase`${FORMS[form]} of ${name(suite)}` : phrase`${FORMS[form]}`;
    return phrase`logits × ${formatRatio(baseline.vocabulary)} → ${formatRatio(candidate.vocabulary)}${choices} on ${where}`;
  });
  const more = rows.length > NAMED_FORMS ? '; more in the JSON report' : '';
  return [
    phrase`${term('sharpness', 'Sharpness')}, at which each model is compared: ${joinPhrases(parts, '; ')}${more}.`,
  ];
}
