import type { FindingOf } from '../../compare/finding.ts';
import { formatCount, formatRatio } from '../text/numbers.ts';
import { distanceWords, formatNats } from '../text/own-text.ts';
import { name, type Phrase, phrase, term } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

const OWN_TEXT = term('ownText', 'own text');

type OwnText = FindingOf<'own-text'>;

const SUBJECTS: Record<OwnText['rule'], (finding: OwnText) => Phrase> = {
  'same-model': () => phrase`The baseline's ${OWN_TEXT}`,
  'same-model-unclear': () => phrase`The baseline's ${OWN_TEXT}`,
  all: () => phrase`The baseline's ${OWN_TEXT}`,
  'worst-texts': () => phrase`A tenth of the baseline's ${OWN_TEXT}`,
  part: ({ part }) => phrase`The baseline's ${OWN_TEXT} in ${name(part ?? '')}`,
  'long-text': () => phrase`At later positions, the baseline's ${OWN_TEXT}`,
  'shorter-context': () => phrase`The baseline's ${OWN_TEXT}`,
  'not-read': () => phrase`The baseline's ${OWN_TEXT}`,
};

const REASONS: Record<OwnText['rule'], string> = {
  'same-model': 'This change was expected to keep the model the same.',
  'same-model-unclear': 'It is not shown that the model is the same, nor that it is another one.',
  all: 'No intended change moved a model so far: it no longer says what the approved model says.',
  'worst-texts': 'No intended change does that: something that the approved model can say is lost.',
  part: 'No intended change does that: this part of what the approved model can say is lost.',
  'long-text': 'Its context has become shorter, or its positions are other ones.',
  'shorter-context': '',
  'not-read': '',
};

export const OWN_TEXT_WORDS: TopicWords<'own-text'> = {
  'own-text': {
    title: 'Own text',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { rule, natsPerToken, low, limit, texts } = finding;
      if (rule === 'not-read') {
        return phrase`The candidate did not read the ${formatCount(texts, 'text')} that the baseline drew, so how far it moved is not known.`;
      }
      if (rule === 'shorter-context') {
        return phrase`The context of the candidate is too short for ${formatCount(texts, 'text')} that the baseline could read.`;
      }
      const least = low === null ? '' : `, ${formatRatio(low)} at least`;
      return phrase`${SUBJECTS[rule](finding)} is less likely to the candidate by ${formatNats(natsPerToken)}${least} (limit ${formatRatio(limit)}), over ${formatCount(texts, 'text')}: ${distanceWords(natsPerToken)}. ${REASONS[rule]}`;
    },
    headline: (finding) =>
      finding.rule === 'not-read' || finding.rule === 'shorter-context'
        ? OWN_TEXT_WORDS['own-text'].sentence(finding)
        : phrase`${SUBJECTS[finding.rule](finding)} is less likely by ${formatNats(finding.natsPerToken)}, and the limit is ${formatRatio(finding.limit)}.`,
    row: ({ natsPerToken, limit, part, rule }) => ({
      key: 'own text',
      check:
        part === null ? phrase`${term('ownText', 'Own text')}` : phrase`${term('ownText', 'Own text')}, ${name(part)}`,
      change: rule === 'not-read' ? 'not read' : rule === 'shorter-context' ? 'too long' : formatNats(natsPerToken),
      limit: formatRatio(limit),
    }),
    steps: ({ rule }) => [
      rule === 'not-read'
        ? phrase`Check the candidate with this baseline again, or measure it with --like.`
        : rule === 'same-model' || rule === 'same-model-unclear'
          ? phrase`Use more bits, or leave out expect: same-model if the model was meant to change.`
          : rule === 'long-text' || rule === 'shorter-context'
            ? phrase`Compare rope_scaling and the context length of config.json with the baseline's.`
            : phrase`Look for embeddings of other tokens, a wrong merge, or training that is too hot.`,
    ],
    rule: ({ ownText: row }, { 'own-text': { level, limit } }) => {
      return {
        group: 'Probes',
        check: phrase`${term('ownText', 'Own text')} of the baseline`,
        limit: `at most ${formatNats(row?.limit ?? limit)}`,
        level,
        missing:
          row === undefined
            ? 'the baseline drew none'
            : row.limit === null
              ? 'no limit is known for so small a model'
              : null,
        value:
          row === undefined || row.limit === null
            ? null
            : phrase`${formatNats(row.natsPerToken)}, ${distanceWords(row.natsPerToken)}`,
      };
    },
  },
};
