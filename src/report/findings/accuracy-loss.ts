import { accuracyNumbers, dropLimit, subjectIn } from '../text/deciding-row.ts';
import { atStopping, droppedSentence, twinLossSentence } from '../text/exam-and-twins.ts';
import { formatCount, formatPointsChange, formatPointsLimit, ofPassages } from '../text/numbers.ts';
import { name, phrase, term } from '../text/phrase.ts';
import { lostSkill } from '../text/steps.ts';
import { EXAM, TWINS } from '../text/twin-words.ts';
import type { TopicWords } from './finding-words.ts';

const SUBJECTS = {
  benchmark: phrase`Accuracy in the ${term('benchmarkForm', 'exam')}`,
  twin: phrase`${term('twinAccuracy', 'Accuracy in other forms')}`,
  both: phrase`Accuracy in the ${term('benchmarkForm', 'exam')} and in ${term('twin', 'other forms')} together`,
};
const SHORT = { benchmark: EXAM, twin: TWINS, both: 'Exam and other forms' };
const KEYS = { benchmark: 'exam', twin: 'twins', both: 'exam and twins' };

export const ACCURACY_LOSS_WORDS: TopicWords<'accuracy-loss'> = {
  'accuracy-loss': {
    title: 'Accuracy loss',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { form, capability, suite, items, units } = finding;
      const part = capability ?? suite;
      const where = part === null ? (form === 'twin' ? phrase` over all families` : []) : phrase` in ${name(part)}`;
      const subject = phrase`${SUBJECTS[form]}${where}`;
      return droppedSentence(subject, finding, `${formatCount(items, 'item')}${ofPassages(units)}`);
    },
    headline: (finding, report) => {
      const { form, capability, suite, change, limit } = finding;
      if (form === 'twin') return twinLossSentence(finding, report);
      const part = capability ?? suite;
      return phrase`${SHORT[form]}${part === null ? [] : phrase` (${name(part)})`} ${formatPointsChange(change)}${atStopping(report)}: a loss beyond the limit of ${formatPointsLimit(limit)}.`;
    },
    row: (finding) => {
      const { form, capability, suite, limit } = finding;
      const where = capability ?? suite;
      return {
        key: `${KEYS[form]}${where === null ? '' : ` of ${where}`}`,
        check: subjectIn(SHORT[form], where),
        ...(suite === null && form !== 'both' ? { facts: { form, capability } } : {}),
        ...accuracyNumbers(finding, dropLimit(limit)),
      };
    },
    part: ({ capability, suite, form, change }) =>
      capability === null && suite === null ? null : { whole: form, change },
    steps: (_, report) => lostSkill(report),
  },
};
