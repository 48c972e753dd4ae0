import { ruleName } from '../text/metric-names.ts';
import { phrase, prose } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

export const TWO_KEY_WORDS: TopicWords<'two-key'> = {
  'two-key': {
    title: 'Spectra with probes',
    about: 'itself',
    isSummary: true,
    sentence: ({ level, spectral, behavioral, isBehaviorJudged }) => {
      if (behavioral === null) {
        return phrase`Only the spectral key turned (${prose(ruleName(spectral ?? ''))}), and it alone only warns: behavior decides, and ${isBehaviorJudged ? 'shows no deficit' : 'was not judged'}.`;
      }
      if (spectral === null) {
        return phrase`Only the behavioral key turned (${prose(ruleName(behavioral))}), and it decides; the spectra are within their calibrated limits.`;
      }
      if (level === 'info') {
        return phrase`Both keys turned (${prose(ruleName(spectral))} and ${prose(ruleName(behavioral))}); behavior decides, and one of them fails by itself.`;
      }
      return phrase`Spectra and probes warn together (${prose(ruleName(spectral))} and ${prose(ruleName(behavioral))}): the update is narrow and the probes show a deficit, and both keys together count one level more.`;
    },
    steps: () => [
      phrase`Read the two warnings, the one of the probes first: train again with more varied data or a lower learning rate.`,
    ],
    rule: (_, policy) => ({
      group: 'Probes',
      check: phrase`A warning of spectra and probes together`,
      limit: 'not both',
      level: policy['two-key'].level,
    }),
  },
};
