import type { FindingOf } from '../../compare/finding.ts';
import { subjectIn } from '../text/deciding-row.ts';
import { formatCount, formatRatio } from '../text/numbers.ts';
import { distanceWords, formatNats } from '../text/own-text.ts';
import { name, type Phrase, phrase, prose, term } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

type OwnText = FindingOf<'own-text'>;
type Rule = OwnText['rule'];

const OWN_TEXT = term('ownText', 'own text');
const ROW = term('ownText', 'Own text');
const WHOLE = phrase`The baseline's ${OWN_TEXT}`;

const FEWER_CHANGES = phrase`Use more bits, or leave out expect: same-model if the model was meant to change.`;
const LOST = phrase`Look for embeddings of other tokens, a wrong merge, or training that is too hot.`;
const CONTEXT = phrase`Compare rope_scaling and the context length of config.json with the baseline's.`;

/** Rules about how much less likely texts became. */
interface MovedWords {
  readonly subject: (finding: OwnText) => Phrase;
  readonly reason: string;
  readonly step: Phrase;
}

/** Rules about texts that were not read. */
interface UnreadWords {
  readonly sentence: (finding: OwnText) => Phrase;
  readonly change: string;
  readonly step: Phrase;
}

const WORDS: Record<Rule, MovedWords | UnreadWords> = {
  'same-model': {
    subject: () => WHOLE,
    reason: 'This change was expected to keep the model the same.',
    step: FEWER_CHANGES,
  },
  'same-model-unclear': {
    subject: () => WHOLE,
    reason: 'It is not shown that the model is the same, nor that it is another one.',
    step: FEWER_CHANGES,
  },
  all: {
    subject: () => WHOLE,
    reason: 'No intended change moved a model so far: it no longer says what the approved model says.',
    step: LOST,
  },
  'worst-texts': {
    subject: () => phrase`A tenth of the baseline's ${OWN_TEXT}`,
    reason: 'No intended change does that: something that the approved model can say is lost.',
    step: LOST,
  },
  part: {
    subject: ({ part }) => phrase`The baseline's ${OWN_TEXT} in ${name(part ?? '')}`,
    reason: 'No intended change does that: this part of what the approved model can say is lost.',
    step: LOST,
  },
  'long-text': {
    subject: () => phrase`At later positions, the baseline's ${OWN_TEXT}`,
    reason: 'Its context has become shorter, or its positions are other ones.',
    step: CONTEXT,
  },
  'shorter-context': {
    sentence: ({ texts }) =>
      phrase`The context of the candidate is too short for ${formatCount(texts, 'text')} that the baseline could read.`,
    change: 'too long',
    step: CONTEXT,
  },
  'not-read': {
    sentence: ({ texts, why }) => {
      const because = why === null ? phrase`` : phrase` (${prose(why)})`;
      return texts === 0
        ? phrase`The baseline drew no ${OWN_TEXT}${because}, so how far the candidate moved is not known.`
        : phrase`The candidate did not read the ${formatCount(texts, 'text')} that the baseline drew${because}, so how far it moved is not known.`;
    },
    change: 'not read',
    step: phrase`Check the candidate with this baseline again, or measure it with --like.`,
  },
};

export const OWN_TEXT_WORDS: TopicWords<'own-text'> = {
  'own-text': {
    title: 'Own text',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { natsPerToken, low, limit } = finding;
      const words = WORDS[finding.rule];
      if ('sentence' in words) return words.sentence(finding);
      const least = low === null ? '' : `, ${formatRatio(low)} at least`;
      return phrase`${words.subject(finding)} is less likely to the candidate by ${formatNats(natsPerToken)}${least} (limit ${formatRatio(limit)}), over ${formatCount(finding.texts, 'text')}: ${distanceWords(natsPerToken)}. ${words.reason}`;
    },
    headline: (finding) => {
      const words = WORDS[finding.rule];
      if ('sentence' in words) return words.sentence(finding);
      return phrase`${words.subject(finding)} is less likely by ${formatNats(finding.natsPerToken)}, and the limit is ${formatRatio(finding.limit)}.`;
    },
    row: ({ natsPerToken, limit, part, rule }) => {
      const words = WORDS[rule];
      return {
        key: 'own text',
        check: subjectIn(ROW, part),
        change: 'sentence' in words ? words.change : formatNats(natsPerToken),
        limit: formatRatio(limit),
      };
    },
    steps: ({ rule }) => [WORDS[rule].step],
    rule: ({ ownText: row }, { 'own-text': { level, limit } }) => {
      const shown = {
        group: 'Probes',
        check: phrase`${ROW} of the baseline`,
        limit: `at most ${formatNats(row?.limit ?? limit)}`,
        level,
      } as const;
      if (row === undefined) return { ...shown, missing: 'the baseline drew none' };
      if (row.limit === null) return { ...shown, missing: 'no limit is known for so small a model' };
      const value = phrase`${formatNats(row.natsPerToken)}, ${distanceWords(row.natsPerToken)}`;
      return { ...shown, missing: null, value };
    },
  },
};
