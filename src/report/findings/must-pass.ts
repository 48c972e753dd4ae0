import type { FindingOf } from '../../compare/finding.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase, prose } from '../text/phrase.ts';
import { ifAcceptable } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const MUST_PASS_WORDS: TopicWords<'must-pass-broken' | 'must-pass-not-asked'> = {
  'must-pass-broken': {
    title: 'Must-pass questions broken',
    about: 'itself',
    isLoss: true,
    sentence: ({ broken, questions, rightBefore, named }) => {
      const before =
        rightBefore === null
          ? phrase`there is no baseline`
          : phrase`the baseline had ${formatInteger(rightBefore)} of them right`;
      return phrase`${formatInteger(broken)} of ${formatCount(questions, 'must-pass question')} ${broken === 1 ? 'is' : 'are'} answered wrong; ${before}: ${listed(named.map(questionWords), broken)}.`;
    },
    headline: ({ broken, questions }) =>
      phrase`${formatInteger(broken)} of ${formatCount(questions, 'question')} that must never break ${broken === 1 ? 'is' : 'are'} answered wrong.`,
    row: ({ broken, questions, rightBefore }) => ({
      key: 'must-pass',
      check: [MUST_PASS],
      baseline: rightBefore === null ? null : `${formatInteger(broken - rightBefore)} of these wrong`,
      candidate: `${formatInteger(broken)} of ${formatInteger(questions)} wrong`,
      limit: '0',
    }),
    steps: (_, report) => [
      phrase`Look at each question and both answers: a question that the baseline had wrong as well does not belong into the file.`,
      ifAcceptable(report),
    ],
    rule: ({ probes, findings }) => {
      const rows = probes?.mustPass ?? [];
      if (rows.length === 0 && !findings.some(({ kind }) => kind.startsWith('must-pass'))) return [];
      const asked = rows.reduce((sum, row) => sum + row.asked, 0);
      return {
        group: 'Probes',
        check: [MUST_PASS],
        also: ['must-pass-not-asked'],
        limit: 'none wrong',
        level: 'fail',
        missing: probes === null ? 'no probes were answered' : null,
        value: phrase`${formatCount(asked, 'question')}`,
      };
    },
  },
  'must-pass-not-asked': {
    title: 'Must-pass questions not asked',
    about: 'itself',
    isGap: true,
    sentence: ({ suite, items, named }) => {
      const count =
        items === null ? phrase`The must-pass questions` : phrase`${formatCount(items, 'must-pass question')}`;
      const verb = items === 1 ? 'was' : 'were';
      const ids = named.map(({ id, reason }) =>
        reason === null ? phrase`${name(id)}` : phrase`${name(id)} (${prose(reason)})`,
      );
      const which = ids.length === 0 ? [] : phrase`: ${listed(ids, items ?? ids.length)}`;
      return phrase`${count} of ${name(suite)} ${verb} not asked, so that nobody knows whether they break${which}.`;
    },
    row: ({ suite, items }) => ({
      key: `must-pass ${suite}`,
      check: [MUST_PASS],
      candidate: items === null ? 'none asked' : `${formatInteger(items)} not asked`,
      limit: '0',
    }),
    steps: () => [
      phrase`Ask them: measure the candidate again with a policy that lists the file with ${code('must-pass')}, and shorten what does not fit the model's context.`,
    ],
  },
};

const MUST_PASS = 'Must-pass questions';

/** Characters in a sentence. */
const QUESTION = 120;
const ANSWER = 60;

type Broken = FindingOf<'must-pass-broken'>['named'][number];

function questionWords({ id, question, right, given, baseline }: Broken): Phrase {
  const before = baseline === null ? [] : phrase`, by the baseline ${baseline ? 'right' : 'wrong as well'}`;
  if (question === null || right === null || given === null) return phrase`${name(id)}${before}`;
  const answer = given === '' ? phrase`nothing` : phrase`${name(shortened(given, ANSWER))}`;
  return phrase`${name(id)}, ${name(shortened(question, QUESTION))}, answered ${answer} for ${name(shortened(right, ANSWER))}${before}`;
}

function shortened(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…`;
}
