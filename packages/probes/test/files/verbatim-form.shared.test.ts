import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { verbatimChoice, verbatimProblem } from '../../src/files/asked/verbatim-form.ts';
import type { Wording } from '../../src/item.ts';
import { Random } from '../../src/random.ts';

/** How a harness might ask, written again here. */
interface Style {
  readonly labels: readonly string[];
  readonly open: string;
  readonly close: string;
  readonly between: string;
  readonly head: string;
  readonly tail: string;
}

interface Asked {
  readonly question: string;
  readonly choices: readonly string[];
  readonly answer: number;
}

const STYLES: readonly Style[] = [
  { labels: ['A', 'B', 'C', 'D'], open: '', close: '. ', between: '\n', head: 'Question: ', tail: '\nAnswer:' },
  { labels: ['A', 'B', 'C', 'D'], open: '(', close: ') ', between: ' ', head: 'Q: ', tail: '\nA:' },
  { labels: ['a', 'b', 'c', 'd'], open: '', close: ') ', between: '\r\n', head: '', tail: ' The answer is' },
  {
    labels: ['1', '2', '3', '4'],
    open: '',
    close: ': ',
    between: ', ',
    head: '<|user|>\n',
    tail: '<|end|>\n<|assistant|>\n',
  },
  {
    labels: ['A', 'B', 'C', 'D'],
    open: '[',
    close: ']  ',
    between: ' | ',
    head: 'A. B. C.\n',
    tail: '\nWhich one, A or B?',
  },
];

/** Texts that stand in one another, in the question, or look like labels. */
const OPTIONS = [
  'A',
  'A.',
  'B',
  'B. 2',
  '2',
  '2 2',
  'A. 2',
  '(B)',
  'a+b',
  '$1',
  '$&',
  '[x]',
  '\\d',
  'Zoë',
  '𝒳 𝒴',
  'a b',
  'a',
  'the cat',
  'cat',
  'cat, dog',
  'Which?',
  'One\nB. two',
  '.',
  '*',
  'B) a',
  '1',
  '3: 2',
  '| 2',
  'A or B?',
]; // prettier-ignore
const QUESTIONS = [
  'Which?',
  'A',
  'Which is 2?',
  'cat',
  'What of A. 2 and B. 2?',
  '$& is 1. What?',
  'a\r\nb',
  '2',
  '𝒳?',
];

const writtenBy = ({ labels, open, close, between, head, tail }: Style, { question, choices }: Asked): string =>
  `${head}${question}\n${choices.map((choice, i) => `${open}${at(labels, i)}${close}${choice}`).join(between)}${tail}`;

function drawn(random: Random): Asked {
  const choices = random.shuffle([...OPTIONS]).slice(0, 4);
  return { question: random.pick(QUESTIONS), choices, answer: random.int(0, 3) };
}

function promptOf(style: Style, asked: Asked, examples: readonly Asked[]): string {
  return [
    ...examples.map((one) => `${writtenBy(style, one)} ${at(style.labels, one.answer)}\n\n`),
    writtenBy(style, asked),
  ].join('');
}

describe('a question in the words of a harness', () => {
  it('with other options is what the harness would have asked, or is not asked', () => {
    let written = 0;
    for (let seed = 0; seed < 2000; seed += 1) {
      const random = new Random(seed, 'choices');
      const style = random.pick(STYLES);
      const record = drawn(random);
      const examples = Array.from({ length: random.int(0, 2) }, () => drawn(random));
      const asked: Wording = {
        prompt: promptOf(style, record, examples),
        question: { kind: 'choice', choices: style.labels, answer: record.answer, scoring: 'raw' },
        verbatim: true,
      };
      const order = random.shuffle([0, 1, 2, 3]);
      const other = {
        question: record.question,
        choices: order.map((i) => at(record.choices, i)),
        answer: order.indexOf(record.answer),
      };
      const twin = verbatimChoice(asked, record)(other);
      if (twin === null) continue;
      written += 1;
      expect(twin.prompt).toBe(promptOf(style, other, examples));
      expect(twin.question).toEqual({ ...asked.question, answer: other.answer });
    }
    expect(written).toBeGreaterThan(500);
  });

  it.each([
    ['an option in a sentence before the list', 'Which is right? A 2 is even.\nA. 2\nB. 3\nAnswer:'],
    ['a list that is there twice', 'Which is right?\nA. 2\nB. 3\nAgain: \nA. 2\nB. 3\nAnswer:'],
    ['something between two options', 'Which is right?\nA. 2 (two)\nB. 3 (three)\nAnswer:'],
  ])('%s is not taken for its options', (_, prompt) => {
    const record = { question: 'Which is right?', choices: ['2', '3'], answer: 0 };
    const asked: Wording = { prompt, question: { kind: 'choice', choices: ['A', 'B'], answer: 0, scoring: 'raw' } };
    const twin = verbatimChoice(asked, record)({ ...record, choices: ['3', '2'], answer: 1 });
    if (twin !== null) expect(twin.prompt).toBe('Which is right? A 2 is even.\nA. 3\nB. 2\nAnswer:');
  });

  it('with other numbers does not keep the old ones at a second place', () => {
    const question = 'Ann has 3 pens and buys 4. How many has she?';
    const problem = { question, target: '7', numeric: true };
    const other = { question: 'Ann has 5 pens and buys 4. How many has she?', target: '9', numeric: true };
    const twinOf = (prompt: string) =>
      verbatimProblem({ prompt, question: { kind: 'exact', target: '7' } }, problem).write(other)?.prompt ?? null;
    expect(twinOf(`Q: ${question}\nA:`)).toBe(`Q: ${other.question}\nA:`);
    expect(twinOf(`Q: ${question}\nRead it again: ${question}\nA:`)).toBeNull();
    expect(twinOf('Q: ann has 3 pens\nA:')).toBeNull();
  });
});
