import { expect, it } from 'vitest';
import { finalAnswer, isExactMatch } from '../src/exact-answer.ts';

it.each([
  ['18', '18'],
  [' $18.00 every day', '18'],
  ['16 - 3 - 4 = 9, so 9 * 2 = 18\n#### 18', '18'],
  ['1,200 dollars', '1200'],
  ['1200', '1,200'],
  ['−5 degrees', '-5'],
  ['.5', '0.5'],
  ['\n\n 7\nQuestion: what?', '7'],
  ['“Paris.”', 'paris'],
  ['The  Answer', 'the answer'],
  ['ﬁve', 'five'],
])('accepts %j for %j', (generated, target) => {
  expect(isExactMatch(generated, target)).toBe(true);
});

it.each([
  ['180', '18'],
  ['1.8', '18'],
  ['', '18'],
  ['no number', '18'],
  ['9, so 18', '18'],
  ['#### ', '18'],
  ['Paris, France', 'Paris'],
  ['', 'Paris'],
  // A target that only begins with a number is text.
  ['10:45', '10:30'],
  ['1', '1/2'],
  ['12 oranges', '12 apples'],
])('does not accept %j for %j', (generated, target) => {
  expect(isExactMatch(generated, target)).toBe(false);
});

it('takes the first line, or the text behind ####, as the answer', () => {
  expect(finalAnswer('\n 4 apples\n5')).toBe('4 apples');
  expect(finalAnswer('2 + 2\n#### 4\n')).toBe('4');
});
