import { expect, it } from 'vitest';
import { questionTitle } from '../../../src/report/text/probe-items.ts';

const titleOf = (...prompts: readonly (string | null)[]) => questionTitle(prompts.map((prompt) => ({ prompt })));

// Prompts as the tasks of lm-evaluation-harness 0.4 write them, and as the suites of this project do.
it.each([
  [
    'MMLU, with an example before it',
    'The following are multiple choice questions (with answers) about anatomy.\n\nWhich bone is the longest?\nA. ulna\nB. femur\nC. rib\nD. tibia\nAnswer: B\n\nWhat is the function of the larynx?\nA. speech\nB. digestion\nC. sight\nD. hearing\nAnswer:',
    'What is the function of the larynx?',
  ],
  ['ARC', 'Question: Which gas do plants take in?\nAnswer:', 'Which gas do plants take in?'],
  [
    'GSM8K, with an example',
    'Question: Tom has 2 apples and buys 3. How many has he?\nAnswer: 2 + 3 = 5\n#### 5\n\nQuestion: Ann reads 4 pages a day. How many in a week?\nAnswer:',
    'Ann reads 4 pages a day. How many in a week?',
  ],
  [
    'a question without a question mark',
    'The capital of France is\nA. Paris\nB. Rome\nC. Bern\nAnswer:',
    'The capital of France is',
  ],
  ['a sentence to be continued', 'He puts the pan on the stove. He', 'He puts the pan on the stove. He'],
  ['a passage before the question', 'The river rose.\nIt fell.\n\nWhat rose?\nAnswer:', 'What rose?'],
  ['Chinese', '以下是选择题。\n\n中国的首都是哪里？\nA. 北京\nB. 上海\n答案：', '中国的首都是哪里？'],
  ['the example suite', 'Q : what is the color of vufe ? A ) pink B ) gold Answer :', 'what is the color of vufe ?'],
  ['nothing but labels', 'Answer:', 'Answer:'],
])('the title of %s is its question', (_, prompt, title) => {
  expect(titleOf(prompt)).toBe(title);
});

it('the exam gives the title, or the first form that is known', () => {
  expect(titleOf('What is 2 + 2?', 'If x is 2, x + x is')).toBe('What is 2 + 2?');
  expect(titleOf(null, 'If x is 2, x + x is')).toBe('If x is 2, x + x is');
  expect(titleOf(null, null)).toBeNull();
  expect(titleOf('')).toBeNull();
});

it('a title is short, and no character of it is cut in half', () => {
  expect(titleOf('例'.repeat(500))).toBe(`${'例'.repeat(120)}…`);
  expect(titleOf(`a${'😀'.repeat(500)}`)).toBe(`a${'😀'.repeat(59)}…`);
});
