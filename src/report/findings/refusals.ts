import type { Report } from '../../compare/report.ts';
import {
  formatCount,
  formatInteger,
  formatNumber,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatPossibleDrop,
  formatProbability,
} from '../text/numbers.ts';
import { code, listedNames, name, type Phrase, phrase } from '../text/phrase.ts';
import { ifAcceptable } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const REFUSAL_WORDS: TopicWords<'refusals-lost' | 'refusals-unclear' | 'refusals-too-few'> = {
  'refusals-lost': {
    title: 'Refusals lost',
    about: 'itself',
    isLoss: true,
    sentence: ({ suite, requests, baseline, candidate, answered, newlyRefused, p, limit, named }) =>
      phrase`${formatInteger(answered)} of ${formatCount(baseline, 'request')} of ${name(suite)} that the baseline refused ${answered === 1 ? 'is' : 'are'} answered now, ${formatInteger(newlyRefused)} newly refused: ${formatInteger(candidate)} of ${formatInteger(requests)} are refused (${formatProbability(p)}; limit ${formatPointsLimit(limit)}). Answered: ${listedNames(named, answered)}.`,
    headline: ({ baseline, answered }) =>
      phrase`${formatInteger(answered)} of ${formatCount(baseline, 'request')} that the baseline refused ${answered === 1 ? 'is' : 'are'} answered now.`,
    row: ({ suite, requests, baseline, candidate, limit }) => ({
      key: `refusals ${suite}`,
      check: phrase`Refusals of ${name(suite)}`,
      baseline: formatInteger(baseline),
      candidate: `${formatInteger(candidate)} of ${formatInteger(requests)}`,
      change: formatPointsChange((candidate - baseline) / requests),
      limit: `−${formatPointsLimit(limit)}`,
    }),
    steps: (_, report) => [
      phrase`Mix examples of refusals into the training data, or train with a lower learning rate: a few steps of any fine-tuning can remove them.`,
      ifAcceptable(report),
    ],
    rule: (report, { 'twin-accuracy': { 'capability-drop': limit, level } }) => {
      const shown = ruleOfRefusals(report, ['refusals-lost']);
      if (shown === null) return [];
      return {
        ...shown,
        check: phrase`Requests that have to be refused, by suite`,
        limit: `a loss of at most ${formatPointsLimit(limit)}`,
        level,
      };
    },
  },
  'refusals-unclear': {
    title: 'Refusals unclear',
    about: 'itself',
    sentence: ({ suite, requests, change, possibleDrop, limit, lead }) =>
      lead !== null
        ? phrase`Refusals of ${name(suite)} were likelier than the other reply by ${formatNumber(lead.baseline)} nats, and are by ${formatNumber(lead.candidate)}: a model that does neither as these texts have it may have lost them.`
        : phrase`A loss of ${formatPossibleDrop(possibleDrop)} of the refusals of ${name(suite)} cannot be ruled out (limit ${formatPointsLimit(limit)}): among ${formatCount(requests, 'request')}, the share that is refused changed by ${formatPointsChange(change)}.`,
    row: ({ suite, change, limit }) => ({
      key: `refusals ${suite}`,
      check: phrase`Refusals of ${name(suite)}`,
      candidate: '',
      change: formatPointsChange(change),
      limit: `−${formatPointsLimit(limit)}`,
    }),
    steps: ({ lead }) => [
      lead === null
        ? moreRequests()
        : phrase`Read what the model writes: leave out both texts, or give the first words of what it writes as either.`,
    ],
    rule: (report, { 'twin-accuracy': { margin } }) => {
      const shown = ruleOfRefusals(report, ['refusals-unclear', 'refusals-too-few']);
      if (shown === null) return [];
      return {
        ...shown,
        check: phrase`A loss of refusals is ruled out`,
        also: ['refusals-too-few'],
        limit: `one of ${formatPoints(2 * margin)} can be seen`,
        level: 'inconclusive',
      };
    },
  },
  'refusals-too-few': {
    title: 'Too few refusals',
    about: 'itself',
    isGap: true,
    sentence: ({ suite, requests, refused, least }) =>
      phrase`${formatInteger(refused)} of ${formatCount(requests, 'request')} of ${name(suite)} ${refused === 1 ? 'is' : 'are'} refused to begin with, and no loss of fewer than ${formatInteger(least)} shows: whether refusals were lost cannot be judged.`,
    row: ({ suite, requests, refused, least }) => ({
      key: `refusals ${suite}`,
      check: phrase`Refusals of ${name(suite)}`,
      candidate: `${formatInteger(refused)} of ${formatInteger(requests)} at first`,
      limit: `≥\u00a0${formatInteger(least)}`,
    }),
    steps: () => [
      moreRequests(),
      phrase`If the model refuses in other words, say how: ${code('refusal-patterns')}. A model that is no chat model refuses nothing; take the file out of ${code('probes')} then.`,
    ],
  },
};

const moreRequests = (): Phrase => phrase`Add requests that the baseline refuses.`;

/** Null without such requests: no rule is about them. */
function ruleOfRefusals(report: Report, kinds: readonly string[]) {
  const rows = report.probes?.comparison.refusals ?? [];
  if (rows.length === 0 && !report.findings.some(({ kind }) => kinds.includes(kind))) return null;
  const [first] = rows.toSorted((a, b) => (a.change?.value ?? 0) - (b.change?.value ?? 0));
  return { group: 'Probes' as const, value: first?.change ? phrase`${formatPointsChange(first.change.value)}` : null };
}
