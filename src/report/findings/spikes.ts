import { spectraCommand } from '../text/commands.ts';
import { subjectIn } from '../text/deciding-row.ts';
import { metricPart } from '../text/metric-names.ts';
import { formatLimit, formatNumber, formatPercentLimit } from '../text/numbers.ts';
import { name, phrase } from '../text/phrase.ts';
import { ifIntended } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const SPIKE_WORDS: TopicWords<'spike' | 'group-spike'> = {
  spike: {
    title: 'Spike',
    about: 'itself',
    sentence: ({ tensor, group, candidate, baseline, evidence }) => {
      const was = baseline === null ? '' : ` (baseline ${formatNumber(baseline)})`;
      const subject = phrase`${metricPart('topEnergy.1', { capitalized: true })} of ${name(tensor)} is ${formatNumber(candidate)}${was}`;
      if (evidence.test === 'odds') {
        return phrase`${subject}: ${formatNumber(evidence.oddsRatio)} times the baseline's odds (limit ${formatLimit(evidence.limit)}).`;
      }
      const what = evidence.test === 'rise' ? 'its rise has a robust z-score of' : 'a robust z-score of';
      return phrase`${subject}: ${what} ${formatNumber(evidence.robustZ)} among the ${name(group)} matrices (limit ${formatLimit(evidence.limit)}).`;
    },
    row: ({ tensor, candidate, baseline, evidence }) => {
      const [found, kind] = evidence.test === 'odds' ? [evidence.oddsRatio, '× odds'] : [evidence.robustZ, 'robust z'];
      return {
        key: `spike ${tensor}`,
        check: subjectIn(metricPart('topEnergy.1', { capitalized: true }), tensor),
        baseline: baseline === null ? null : formatNumber(baseline),
        candidate: formatNumber(candidate),
        change: `${formatNumber(found)} ${kind}`,
        limit: `${formatLimit(evidence.limit)} ${kind}`,
      };
    },
    steps: ({ tensor }, report) => [
      phrase`Compare this matrix with the checkpoint before: ${spectraCommand(report, tensor)}`,
      ifIntended(report),
    ],
    rule: (_, { spike }) => ({
      group: 'Spectra',
      check: phrase`Top-1 energy of one matrix stands out in its module type`,
      also: ['group-spike'],
      limit: `robust z of ${formatLimit(spike['robust-z'])}, and ${formatPercentLimit(spike.share)} of the energy gained`,
      level: spike.level,
    }),
  },
  'group-spike': {
    title: 'Spike',
    about: 'itself',
    sentence: ({ group, candidate, baseline, oddsRatio, limit }) =>
      phrase`Median ${metricPart('topEnergy.1')} of the ${name(group)} matrices is ${formatNumber(candidate)} (baseline ${formatNumber(baseline)}): ${formatNumber(oddsRatio)} times the baseline's odds (limit ${formatLimit(limit)}).`,
    row: ({ group, candidate, baseline, oddsRatio, limit }) => ({
      key: `spike ${group}`,
      check: subjectIn(metricPart('topEnergy.1', { capitalized: true }), group),
      baseline: formatNumber(baseline),
      candidate: formatNumber(candidate),
      change: `${formatNumber(oddsRatio)} × odds`,
      limit: `${formatLimit(limit)} × odds`,
    }),
    steps: (_, report) => [
      phrase`Compare learning rate and weight decay of this module type with those of the last run.`,
      ifIntended(report),
    ],
  },
};
