import { sharesText, withoutQuotes } from '@shadow-gate/probes/answer';
import { expect, it } from 'vitest';

it.each([
  ['a.csv:3: answer: is missing', 'a.csv:3: answer: is missing'],
  [
    'a.csv:3: answer: "the \\"old\\" mill" is none of the labels',
    'a.csv:3: answer: (text not shown) is none of the labels',
  ],
  ['a.csv:3: "mill" and "dam" are alike', 'a.csv:3: (text not shown) are alike'],
  // Cut after sixty characters, with an ellipsis of its own before.
  ['a.csv:3: cell: "wait… the mill of … is not a list', 'a.csv:3: cell: (text not shown) is not a list'],
  ['a.csv:3: cell: "wait for the mill', 'a.csv:3: cell: (text not shown)'],
])('of %j, %j is left', (message, left) => {
  expect(withoutQuotes(message)).toBe(left);
});

it('a part of a text is found in a message, with other white space and in escapes', () => {
  const texts = ['Which mill\nstands by the river?\nA. the old one'];
  expect(sharesText('400: cannot answer "which mill\\nstands by the river"', texts)).toBe(true);
  expect(sharesText('400: the mill does not answer', texts)).toBe(false);
});
