import type { FindingOf } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { budgetCommand } from '../text/commands.ts';
import { atLeast } from '../text/deciding-row.ts';
import { formatCount, formatEstimate, formatInteger, formatPercent, formatPoints } from '../text/numbers.ts';
import { code, joinPhrases, name, type Phrase, phrase, term } from '../text/phrase.ts';
import { NOTHING_TO_DO } from '../text/steps.ts';
import { budgetSentence } from '../text/stops.ts';
import type { TopicWords } from './finding-words.ts';

/** Answers from which too little follows. */
export const EVIDENCE_WORDS: TopicWords<'not-informative' | 'too-few-facts' | 'capability-not-judged'> = {
  'not-informative': {
    title: 'Not informative',
    about: 'probes',
    isGap: true,
    sentence: ({ families, nearest, detectableGain }) => {
      const where =
        families.length > NAMED_FAMILIES
          ? phrase`in all ${formatInteger(families.length)} families`
          : families.length === 0
            ? phrase`everywhere`
            : phrase`in ${joinPhrases(families.map((family) => [name(family)]))}`;
      const gain =
        detectableGain === null
          ? ''
          : ` A gain in the exam of ${formatPoints(detectableGain)} or more, that other forms do not share, would show.`;
      return phrase`The probes are not informative: accuracy is at chance or at ceiling ${where}, so no loss could show.${nearest === null ? '' : whatIsMissing(nearest)}${gain}`;
    },
    headline: ({ nearest }) =>
      nearest === null
        ? phrase`The probes cannot show a loss: accuracy is at chance or at its ceiling everywhere.`
        : phrase`The probes cannot show a loss: at best ${formatPercent(nearest.accuracy)} are right, where guessing has ${formatPercent(nearest.chance)}.`,
    steps: ({ nearest }, report) => [
      nearest?.neededFacts === undefined || nearest.neededFacts === null
        ? phrase`Add probes that this model answers better than by guessing, and not all of them.${orAsChat(report)}`
        : phrase`Ask about ${formatInteger(nearest.neededFacts)} facts or more, or easier ones.${orAsChat(report)}`,
    ],
  },
  'too-few-facts': {
    title: 'Too few facts',
    about: 'probes',
    isGap: true,
    sentence: ({ facts, questions, least, budget }) => {
      const limit = phrase`Fewer than ${formatInteger(least)} facts judge nothing, and there ${facts === 1 ? 'is' : 'are'} ${formatInteger(facts)}${questions === undefined ? '' : `, since ${formatCount(questions, 'question')} share passages`}.`;
      if (budget === null) return phrase`${limit} Give more questions.`;
      return phrase`${limit} ${budgetSentence({ ...budget, facts, least })}`;
    },
    headline: ({ facts, least }) =>
      phrase`Only ${formatCount(facts, 'fact was', 'facts were')} asked, and fewer than ${formatInteger(least)} judge nothing.`,
    row: ({ facts, least }) => ({ candidate: formatCount(facts, 'fact'), limit: atLeast(formatInteger(least)) }),
    steps: ({ budget, least }, report) => {
      if (budget === null) {
        return [phrase`Add questions: ${formatInteger(least)} facts are the least that can be judged.`];
      }
      const fits = budgetCommand(report);
      return [
        phrase`Raise ${code('budget')} to ${formatEstimate(budget.leastSeconds)} or more: that is enough for ${formatInteger(Math.min(least, budget.all))} facts. All of them take ${formatEstimate(budget.allSeconds)}.`,
        ...(fits === null ? [] : [phrase`What fits into a budget: ${fits}`]),
      ];
    },
  },
  'capability-not-judged': {
    title: 'Capability not judged',
    about: 'itself',
    isGap: true,
    sentence: (finding) => {
      const { capability, facts, isRequired } = finding;
      const what = phrase`Capability ${name(capability)} was not judged: on its ${formatCount(facts, 'fact')}, no family is informative (accuracy at chance or at ceiling).`;
      return isRequired
        ? phrase`${what} Use easier or more probes, or leave it out of ${code('require')} in the policy.`
        : what;
    },
    steps: ({ capability, isRequired }) => [
      isRequired
        ? phrase`Add probes of ${name(capability)} that this model answers better than by guessing, or list the other capabilities in ${code('require')}.`
        : NOTHING_TO_DO,
    ],
    rule: (_, policy) => ({
      group: 'Probes',
      check: phrase`Every ${term('capability', 'capability')} was judged`,
      also: ['judged-by-likelihood'],
      limit: policy.require === undefined ? 'all of the suites' : 'those of the policy',
      level: 'inconclusive',
    }),
  },
};

/** Another step if the model has a chat template and was asked without it. */
const orAsChat = ({ probes }: Report): Phrase =>
  probes?.withoutTemplate === undefined ? [] : phrase` Or ask it in a chat: ${code('chat-template: true')}.`;

/** The sentence names at most so many families. */
const NAMED_FAMILIES = 4;

type Nearest = NonNullable<FindingOf<'not-informative'>['nearest']>;

function whatIsMissing({ accuracy, chance, facts, neededFacts }: Nearest): string {
  const now = ` In other forms of ${formatCount(facts, 'fact')}, ${formatPercent(accuracy)} of the answers are right, where guessing has ${formatPercent(chance)}`;
  return neededFacts === null
    ? `${now}; ask easier ones, since more of the same would not help.`
    : `${now}; ask about ${formatInteger(neededFacts)} facts or more, or easier ones.`;
}
