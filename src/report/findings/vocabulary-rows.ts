import type { FindingOf } from '../../compare/finding.ts';
import { MOVED_FAIL, MOVED_WARN } from '../../compare/index.ts';
import { formatCount, formatInteger, formatPercentLimit } from '../text/numbers.ts';
import { code, name, type Phrase, phrase } from '../text/phrase.ts';
import { ifIntended } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

type Found = FindingOf<'vocabulary-rows'>;

/** Parts that a sentence names. */
const NAMED = 4;

export const VOCABULARY_ROW_WORDS: TopicWords<'vocabulary-rows'> = {
  'vocabulary-rows': {
    title: 'Rows of the vocabulary',
    about: 'itself',
    sentence: (finding) => {
      const { matrix, rows, of, change, against } = finding;
      const subject = phrase`${formatCount(rows, 'row')} of the ${matrix}${partsOf(finding)}`;
      if (change === 'added') return phrase`${subject}, not in the ${against}, ${isOrAre(rows)} new and not compared.`;
      if (change === 'zeroed') return phrase`${subject} ${isOrAre(rows)} zero, and not in the ${against}.`;
      if (change === 'others') return phrase`${subject} ${isOrAre(rows)} those of other tokens${shiftOf(finding)}.`;
      return phrase`${subject}, of ${formatInteger(of)}, moved far from the ${against} (a cosine below 0.5).`;
    },
    row: ({ tensor, rows, change }) => ({
      where: phrase`, ${name(tensor)}`,
      candidate: formatInteger(rows),
      limit: change === 'moved' ? formatPercentLimit(MOVED_WARN) : '0',
    }),
    steps: ({ change, against }, report) => [
      STEPS[change],
      ...(change === 'added' ? [] : [against === 'baseline' ? ifIntended(report) : EXCEPTION]),
    ],
    rule: ({ vocabularyRows }) => ({
      group: 'Spectra',
      check: phrase`Rows of the embedding and of the output matrix, by token`,
      limit: `no row of another token, no new zero row, and ${formatPercentLimit(MOVED_WARN)} that moved far (${formatPercentLimit(MOVED_FAIL)}: fail)`,
      level: 'fail',
      missing: vocabularyRows === undefined ? 'no weights to compare with' : null,
    }),
  },
};

/** Another baseline would not help. */
const EXCEPTION = phrase`If the change is intended, accept it with an exception of the policy (${code('exceptions')}).`;

const STEPS: Readonly<Record<Found['change'], Phrase>> = {
  others: phrase`Compare the tokenizer with the order of the rows, and repeat the step that merged, resized or converted the vocabulary.`,
  zeroed: phrase`Restore these rows from the weights that the candidate was made from: texts with these tokens cannot be read.`,
  moved: phrase`Check that both have the same tokenizer, and lower the learning rate of the embedding.`,
  added: phrase`Nothing, if tokens were added or the vocabulary was padded.`,
};

const isOrAre = (rows: number): string => (rows === 1 ? 'is' : 'are');

/** ` (Latin 9,000, code 2,000, …)`. */
function partsOf({ parts }: Found): string {
  if (parts.length === 0) return '';
  const named = parts.slice(0, NAMED).map(({ part, rows }) => `${part} ${formatInteger(rows)}`);
  return ` (${[...named, ...(parts.length > NAMED ? ['…'] : [])].join(', ')})`;
}

function shiftOf({ shift }: Found): string {
  if (shift === null) return '';
  return `, most shifted by ${formatCount(Math.abs(shift), 'row')}`;
}
