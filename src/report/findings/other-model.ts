import { acceptCommand } from '../text/commands.ts';
import { code, name, phrase } from '../text/phrase.ts';
import { remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const OTHER_MODEL_WORDS: TopicWords<'other-version' | 'other-architecture'> = {
  'other-version': {
    title: 'Other version',
    about: 'everything',
    sentence: ({ candidate, baseline }) =>
      phrase`The baseline was measured with version ${name(baseline)}, the candidate with ${name(candidate)}: measure the baseline again.`,
    steps: (_, report) => [remeasure(report)],
  },
  'other-architecture': {
    title: 'Other architecture',
    about: 'everything',
    sentence: ({ key, candidate, baseline }) =>
      phrase`Candidate and baseline have different architectures: ${name(key)} is ${name(candidate)} in the candidate and ${name(baseline)} in the baseline.`,
    steps: (_, report) => [
      phrase`Give a baseline of the same model. For a new model, approve a first baseline: ${acceptCommand(report)}`,
      ...(report.probes === null && report.tensors.length === 0
        ? [
            phrase`Nothing else was measured, since nothing of the two can be compared; ${code('check --all')} measures both.`,
          ]
        : []),
    ],
  },
};
