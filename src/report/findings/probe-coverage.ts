import type { FindingOf } from '../../compare/finding.ts';
import { ruleName } from '../text/metric-names.ts';
import {
  formatCount,
  formatDuration,
  formatEnds,
  formatEstimate,
  formatInteger,
  formatLimit,
  formatPercent,
  formatPercentLimit,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatProbability,
  formatRatio,
  formatRelative,
  percentDigits,
} from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase, prose, term } from '../text/phrase.ts';

export function twinAccuracy(finding: FindingOf<'twin-accuracy'>): Phrase {
  const { capability, candidate, baseline, change, twins, lost, won, p, limit } = finding;
  const where = capability === null ? [] : phrase` in ${name(capability)}`;
  const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}`;
  return phrase`${term('twinAccuracy', 'Twin accuracy')}${where} dropped ${formatPoints(-change)} (${accuracies}; limit ${formatPointsLimit(limit)}): ${formatInteger(lost)} of ${formatCount(twins, 'twin')} are newly wrong, ${formatInteger(won)} newly right (${formatProbability(p)}).`;
}

export function twinAccuracyUnclear(finding: FindingOf<'twin-accuracy-unclear'>): Phrase {
  const { possibleDrop, limit, minimumDetectable } = finding;
  const size = possibleDrop === null ? 'of any size' : `of up to ${formatPoints(possibleDrop)}`;
  const power =
    minimumDetectable === null ? '' : `; this set detects drops of ${formatPoints(minimumDetectable)} or more`;
  return phrase`A drop in ${term('twinAccuracy', 'twin accuracy')} ${size} cannot be ruled out (limit ${formatPointsLimit(limit)}). Run more probes${power}.`;
}

/** Families that the sentence names. */
const NAMED_FAMILIES = 4;

export function notInformative({ families, nearest, detectableGain }: FindingOf<'not-informative'>): Phrase {
  const where =
    families.length > NAMED_FAMILIES
      ? phrase`in all ${formatInteger(families.length)} families`
      : families.length === 0
        ? phrase`everywhere`
        : phrase`in ${families.flatMap((family, i) => [i === 0 ? '' : ', ', name(family)])}`;
  const gain =
    detectableGain === null
      ? ''
      : ` A gain of the benchmark form of ${formatPoints(detectableGain)} or more, that twins do not share, would show.`;
  return phrase`The probes are not informative: accuracy is at chance or at ceiling ${where}, so no loss could show.${nearest === null ? '' : whatIsMissing(nearest)}${gain}`;
}

function whatIsMissing({
  accuracy,
  chance,
  facts,
  neededFacts,
}: NonNullable<FindingOf<'not-informative'>['nearest']>): string {
  const now = ` Of the twins of ${formatCount(facts, 'fact')}, ${formatPercent(accuracy)} are right, where guessing has ${formatPercent(chance)}`;
  return neededFacts === null
    ? `${now}; ask easier ones, since more of the same would not help.`
    : `${now}; ask about ${formatInteger(neededFacts)} facts or more, or easier ones.`;
}

export function shadowDelta(finding: FindingOf<'shadow-delta'>): Phrase {
  const { suite, twins, group, delta, transfer, margin, transferLimit } = finding;
  const size = `${formatPoints(delta.value)} (${formatEnds(delta, percentDigits)}; limit ${formatPointsLimit(margin)})`;
  const rate = `${formatRatio(transfer.value)} (${formatEnds(transfer, formatRatio)}; limit ${formatLimit(transferLimit)})`;
  const those = group === null ? phrase`${twins} twins` : phrase`the group twins of ${name(group)}`;
  return phrase`The ${term('shadowDelta', 'shadow delta')} of ${name(suite)} is ${size}: the gain in ${term('benchmarkForm', 'benchmark form')} carries over to ${those} with a ${term('transfer', 'transfer')} of ${rate}.`;
}

export function gainNotShown(finding: FindingOf<'gain-not-shown'>): Phrase {
  const { suite, facts, candidate, baseline, gain, hasFormat } = finding;
  const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}, ${formatCount(facts, 'fact')}`;
  const what = phrase`The ${term('benchmarkForm', 'benchmark form')} of ${name(suite)} gained ${formatPoints(gain.value)} (${accuracies})`;
  const advice = phrase`Add open or fresh twins, or a private set as ${code('twins-of')}.`;
  return hasFormat
    ? phrase`${what}, and only format twins judge the gain: it is not shown to be memorized, and not shown to be real. ${advice}`
    : phrase`${what}, and too few ${term('twin', 'twins')} can judge the gain: whether it was memorized was not tested. ${advice}`;
}

export function retention({ value, certain, kept, least, bound }: FindingOf<'retention'>): Phrase {
  const limits = `limits: ${formatPercentLimit(least)}, interval ${formatPercentLimit(bound)}`;
  return phrase`${term('retention', 'Retention')} is ${formatPercent(value)} (${limits}): ${formatInteger(certain - kept)} of ${formatInteger(certain)} benchmark forms that the baseline answered with certainty are now wrong.`;
}

export function twoKey({ level, spectral, behavioral, isBehaviorJudged }: FindingOf<'two-key'>): Phrase {
  if (behavioral === null) {
    return phrase`Of the two keys, the spectra alone turned (${prose(ruleName(spectral ?? ''))}), and they alone only warn: behavior decides, and ${isBehaviorJudged ? 'shows no deficit' : 'was not judged'}.`;
  }
  if (spectral === null) {
    return phrase`Of the two keys, behavior turned (${prose(ruleName(behavioral))}), and decides; the spectra are within their calibrated limits.`;
  }
  if (level === 'info') {
    return phrase`Both keys turned (${prose(ruleName(spectral))} and ${prose(ruleName(behavioral))}); behavior decides, and one of them fails by itself.`;
  }
  return phrase`Spectra and probes warn together (${prose(ruleName(spectral))} and ${prose(ruleName(behavioral))}): the update is narrow and the probes show a deficit, and both keys together count one level more.`;
}

export function probesNotRun({ side, cause }: FindingOf<'probes-not-run'>): Phrase {
  if (cause === null) {
    return phrase`The ${side} has no probe results: measure it again with this version and without ${code('--only spectra')}.`;
  }
  return phrase`The probes did not run on the ${side}: ${prose(cause)}${/[.!?]$/.test(cause) ? '' : '.'}`;
}

export function stoppedEarly({ side, blocks, of }: FindingOf<'stopped-early'>): Phrase {
  const asked = phrase`${formatInteger(blocks)} of ${formatCount(of, 'block')} of probes`;
  return side === 'candidate'
    ? phrase`The candidate was asked ${asked}, and their answers do not settle its verdict beside this baseline and policy.`
    : phrase`The baseline was asked only ${asked}, until its own verdict was settled: what else it knows cannot be compared.`;
}

export function leftOut({ named, items, ran, isMost }: FindingOf<'left-out'>): Phrase {
  const examples = named.map(({ id, reason }) => phrase`${name(id)} (${prose(reason)})`);
  const what = isMost
    ? `Most items did not run (${formatInteger(items)} of ${formatInteger(items + ran)})`
    : `${formatCount(items, 'item')} did not run, nor did the other forms of the same facts`;
  return phrase`${what}: ${listed(examples, items)}.`;
}

export function probeNotes({ named, notes }: FindingOf<'probe-notes'>): Phrase {
  return listed(
    named.map((note) => [prose(note)]),
    notes,
  );
}

export function unpaired({ facts, paired }: FindingOf<'unpaired'>): Phrase {
  return phrase`${formatInteger(facts - paired)} of ${formatCount(facts, 'fact')} did not run on the baseline and are not compared.`;
}

export function oneHalfOnly({ half }: FindingOf<'one-half-only'>): Phrase {
  return half === 'spectra'
    ? phrase`The probes did not run on the candidate: only its weights were judged.`
    : phrase`The spectra of the candidate were not measured: only its probe results were judged.`;
}

export function noAnswers({ side }: FindingOf<'no-answers'>): Phrase {
  return phrase`The ${side} answered no probe item, so its behavior was not judged.`;
}

export function itemsLost({ items, named, capabilities }: FindingOf<'items-lost'>): Phrase {
  const examples = named.map(({ id, reason }) =>
    reason === null ? phrase`${name(id)}` : phrase`${name(id)} (${prose(reason)})`,
  );
  const where = capabilities.flatMap((capability, i) => [i === 0 ? '' : ', ', name(capability)]);
  return phrase`The candidate cannot run ${formatCount(items, 'probe item')} that the baseline answered (in ${where}). They count as wrong: ${listed(examples, items)}.`;
}

export function accuracyLoss(finding: FindingOf<'accuracy-loss'>): Phrase {
  const { form, capability, suite, candidate, baseline, change, items, lost, won, p, limit } = finding;
  const part = capability ?? suite;
  const where = part === null ? (form === 'benchmark' ? [] : phrase` over all families`) : phrase` in ${name(part)}`;
  const subject =
    form === 'benchmark'
      ? phrase`Accuracy in ${term('benchmarkForm', 'benchmark form')}${where}`
      : phrase`${term('twinAccuracy', 'Twin accuracy')}${where}`;
  const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}`;
  return phrase`${subject} dropped ${formatPoints(-change)} (${accuracies}; limit ${formatPointsLimit(limit)}): ${formatInteger(lost)} of ${formatCount(items, 'item')} are newly wrong, ${formatInteger(won)} newly right (${formatProbability(p)}).`;
}

export function levelLost(finding: FindingOf<'level-lost'>): Phrase {
  const { family, count, candidate, baseline, lost, won, p } = finding;
  const now =
    candidate === 0 ? 'answers no level that was asked better than by guessing' : `reaches level ${candidate}`;
  return phrase`The candidate fell a level in ${name(family)}: the baseline reached level ${formatInteger(baseline)} of ${formatInteger(count)}, the candidate ${now}. There, ${formatCount(lost, 'answer')} ${lost === 1 ? 'is' : 'are'} newly wrong, ${formatInteger(won)} newly right (${formatProbability(p)}).`;
}

export function tooFewFacts({ facts, least, budget }: FindingOf<'too-few-facts'>): Phrase {
  const limit = phrase`Fewer than ${formatInteger(least)} facts judge nothing, and there ${facts === 1 ? 'is' : 'are'} ${formatInteger(facts)}.`;
  if (budget === null) return phrase`${limit} Give more questions.`;
  return phrase`${limit} ${budgetSentence({ ...budget, facts, least })}`;
}

/** What a time limit bought, and how long more would take. */
export function budgetSentence(use: {
  readonly seconds: number;
  readonly facts: number;
  readonly least: number;
  readonly leastSeconds: number;
  readonly all: number;
  readonly allSeconds: number;
}): Phrase {
  const { seconds, facts, least, leastSeconds, all, allSeconds } = use;
  const enough =
    facts < least && least < all ? `${formatInteger(least)} would take ${formatEstimate(leastSeconds)}, ` : '';
  return phrase`The time budget of ${formatDuration(seconds)} bought ${formatInteger(facts)} of ${formatCount(all, 'fact')}; ${enough}all of them would take ${formatEstimate(allSeconds)}.`;
}

export function capabilityNotJudged(finding: FindingOf<'capability-not-judged'>): Phrase {
  const { capability, facts, isRequired } = finding;
  const what = phrase`Capability ${name(capability)} was not judged: on its ${formatCount(facts, 'fact')}, no family is informative (accuracy at chance or at ceiling).`;
  return isRequired
    ? phrase`${what} Use easier or more probes, or leave it out of ${code('require')} in the policy.`
    : what;
}

const DRIFTS = {
  twinAccuracy: phrase`${term('twinAccuracy', 'Twin accuracy')} has drifted down`,
  shadowGap: phrase`The ${term('shadowGap', 'shadow gap')} has drifted up`,
  concentration: phrase`The ${term('mlpAttentionRatio', 'MLP ÷ attention ratio')} of ΔW has drifted up`,
} as const;

export function trend({ chart, run, sum, limit, meanChange }: FindingOf<'trend'>): Phrase {
  const unit = chart === 'concentration' ? 'checkpoint' : 'check';
  const when = run === 1 ? `at the last ${unit}` : `over the last ${formatCount(run, unit)}`;
  const change = chart === 'concentration' ? formatRelative(meanChange) : formatPointsChange(meanChange);
  return phrase`${DRIFTS[chart]} ${when}: cumulative sum ${formatRatio(sum)} (limit ${formatLimit(limit)}), mean change ${change}.`;
}
