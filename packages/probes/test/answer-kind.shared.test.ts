import { expect, it } from 'vitest';
import { answerKind } from '../src/item.ts';

const asked = (prompt: string, choices: string[]) =>
  answerKind({ prompt, question: { kind: 'choice', choices, answer: 0, scoring: 'raw' } });

it.each([
  ['Q\nA. red\nB. blue\nAnswer:', ['A', 'B']],
  ['Q (w) red (x) blue (y) pink (z) gold', ['(w)', '(x)', '(y)', '(z)']],
  ['Q\n1) red\n2) blue\nOption no.', ['1', '2']],
  ['Q\ni. red\nii. blue\niii. pink\niv. gold', ['i', 'ii', 'iii', 'iv']],
])('labels that count up before their options are labels: %j', (prompt, choices) => {
  expect(asked(prompt, choices)).toBe('label');
});

it.each([
  ['Q : p - q ? A ) 7 B ) 6 C ) 1 D ) 5 Answer :', ['7', '6', '1', '5']],
  ['Which is larger, 3 or 4 ? 3 is', ['3', '4']],
  ['Q\nA. red\nB. blue\nAnswer:', ['red', 'blue']],
  ['Is a dog an animal?', ['I', 'A']],
])('single characters that are the options themselves are texts: %j', (prompt, choices) => {
  expect(asked(prompt, choices)).toBe('text');
});
