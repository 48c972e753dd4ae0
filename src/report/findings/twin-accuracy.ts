import type { Report } from '../../compare/report.ts';
import { budgetCommand, remeasureCommand } from '../text/commands.ts';
import { accuracyNumbers, dropLimit, subjectIn } from '../text/deciding-row.ts';
import { droppedSentence, examAndTwins, twinLossSentence } from '../text/exam-and-twins.ts';
import {
  formatCount,
  formatLimit,
  formatPercent,
  formatPoints,
  formatPointsChange,
  formatPointsEstimate,
  formatPointsLimit,
  formatPossibleDrop,
  NO_NUMBER,
  ofPassages,
} from '../text/numbers.ts';
import { code, name, type Phrase, phrase, term } from '../text/phrase.ts';
import { lostSkill, moreQuestions } from '../text/steps.ts';
import { TWINS } from '../text/twin-words.ts';
import type { TopicWords } from './finding-words.ts';

export const TWIN_ACCURACY_WORDS: TopicWords<'twin-accuracy' | 'twin-accuracy-unclear'> = {
  'twin-accuracy': {
    title: 'Twin accuracy',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { capability, twins, units } = finding;
      const where = capability === null ? [] : phrase` in ${name(capability)}`;
      const subject = phrase`${term('twinAccuracy', 'Accuracy in other forms')}${where}`;
      return droppedSentence(subject, finding, `${formatCount(twins, 'answer')}${ofPassages(units)}`);
    },
    headline: ({ capability, change, limit }, report) =>
      twinLossSentence({ capability, suite: null, change, limit }, report),
    row: (finding) => {
      const { capability, limit } = finding;
      return {
        key: capability === null ? 'twins' : `twins of ${capability}`,
        check: subjectIn(TWINS, capability),
        facts: { form: 'twin', capability },
        ...accuracyNumbers(finding, dropLimit(limit)),
      };
    },
    part: ({ capability, change }) => (capability === null ? null : { whole: 'twin', change }),
    steps: (_, report) => lostSkill(report),
    rule: (report, { 'twin-accuracy': { drop, 'capability-drop': dropInPart, alpha, level } }) => {
      const change = report.probes?.comparison.rows[0]?.twinChange;
      return {
        group: 'Probes',
        check: phrase`${term('twinAccuracy', 'Accuracy in other forms')}, all and by capability`,
        also: ['accuracy-loss', 'items-lost'],
        limit: `a loss of at most ${formatPointsLimit(drop)}, ${formatPointsLimit(dropInPart)} in a capability (α = ${formatLimit(alpha)})`,
        level,
        value: change ? phrase`${formatPointsEstimate(change)}` : null,
      };
    },
  },
  'twin-accuracy-unclear': {
    title: 'Twin accuracy unclear',
    about: 'itself',
    sentence: (finding) => {
      const { possibleDrop, limit, minimumDetectable } = finding;
      const power =
        minimumDetectable === null ? '' : `; this set detects drops of ${formatPoints(minimumDetectable)} or more`;
      return phrase`A drop in ${term('twinAccuracy', 'other forms')} of ${formatPossibleDrop(possibleDrop)} cannot be ruled out (limit ${formatPointsLimit(limit)}). Run more probes${power}.`;
    },
    headline: ({ possibleDrop, limit }, report) => {
      const changes = examAndTwins(report);
      const rest = phrase`loss of ${formatPossibleDrop(possibleDrop)} cannot be ruled out (limit ${formatPointsLimit(limit)})`;
      return changes === null ? phrase`A ${rest}.` : phrase`${changes}: a ${rest}.`;
    },
    row: ({ change, possibleDrop, limit }, { probes }) => {
      const whole = probes?.comparison.rows[0]?.twin ?? { baseline: null, candidate: null };
      return {
        key: 'twins',
        check: [TWINS],
        facts: { form: 'twin', capability: null },
        baseline: whole.baseline === null ? null : formatPercent(whole.baseline),
        candidate: whole.candidate === null ? NO_NUMBER : formatPercent(whole.candidate),
        change: `${formatPointsChange(change)}, perhaps ${possibleDrop === null ? 'any' : formatPointsChange(-possibleDrop)}`,
        limit: dropLimit(limit),
      };
    },
    steps: ({ limit }, report) => askMore(report, limit),
    rule: (_, { 'twin-accuracy': { margin } }) => ({
      group: 'Probes',
      check: phrase`A loss in other forms is ruled out`,
      also: ['not-informative', 'too-few-facts'],
      limit: `one of ${formatPointsLimit(margin)} can be seen`,
      level: 'inconclusive',
    }),
  },
};

/** Without a time limit, all questions were asked. */
function askMore(report: Report, limit: number): Phrase[] {
  const again = phrase`Then measure the baseline again, since only what both answered is compared: ${remeasureCommand(report)}`;
  const { probes } = report;
  if (probes !== null && probes.budgetSeconds !== null) {
    const fits = budgetCommand(report);
    const plan = fits === null ? [] : phrase` What fits: ${fits}`;
    return [phrase`Ask more: raise or leave out ${code('budget')}.${plan}`, again];
  }
  return [
    phrase`${moreQuestions(report)}, or allow a loss of more than ${formatPointsLimit(limit)}: ${code('margin')} of ${code('twin-accuracy')} in the policy.`,
    again,
  ];
}
