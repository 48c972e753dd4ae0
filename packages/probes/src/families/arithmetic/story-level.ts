import { at } from '@shadow-gate/platform';
import { type Expression, evaluateNumber, parseExpression } from '../../arithmetic/expression.ts';
import { toNumber } from '../../arithmetic/rational.ts';
import type { Question, Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { drawNumber, readNumberRange } from '../../templates/range.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';
import { type Cast, type CastVocabulary, COMMON, drawCast, fillGaps, UNCOMMON } from './cast.ts';
import { STORIES } from './stories.ts';
import { numberQuestion } from './wrong-numbers.ts';

const EXAMPLES = `Question: Kate has 14 cups. Bob has 8 cups. How many cups do Kate and Bob have together?
Answer: 22

Question: Bob has 5 bags of cards. There are 7 cards in each bag. Bob loses 9 cards. How many cards does Bob have left?
Answer: 26

`;

const TEMPLATES = STORIES.map((story) => ({
  ...story,
  ranges: story.values.map(readNumberRange),
  formula: parseExpression(story.answer),
  wrong: story.mistakes.map(parseExpression),
}));

interface Story {
  readonly template: (typeof TEMPLATES)[number];
  readonly numbers: readonly number[];
  readonly question: Question;
  readonly cast: Cast;
}

const NAMES = ['a', 'b', 'c'];

/** Every answer has two digits, so that all have the same number of tokens. */
const MIN_ANSWER = 10;
const MAX_ANSWER = 99;

/** Undefined for numbers that make no sensible story or give the answer away. */
function drawStory(random: Random, template: Story['template'], vocabulary: CastVocabulary): Story | undefined {
  const drawn = template.ranges.map((range) => drawNumber(range, random));
  const calculate = (expression: Expression) =>
    toNumber(evaluateNumber(expression, { ofName: (name) => at(drawn, NAMES.indexOf(name)) }));
  const numbers = drawn.map(toNumber);
  const answer = calculate(template.formula);
  if (answer < MIN_ANSWER || answer > MAX_ANSWER || new Set(numbers).size < numbers.length) return undefined;
  const question = numberQuestion(random, answer, { mistakes: template.wrong.map(calculate), given: numbers });
  return question && { template, numbers, question, cast: drawCast(random, vocabulary) };
}

function tell({ template, numbers, question, cast }: Story, order: readonly number[]): Wording {
  const [a, b, c] = numbers;
  const sentences = [...order.map((i) => at(template.clauses, i)), template.question];
  return { prompt: `${EXAMPLES}Question: ${fillGaps(sentences.join(' '), { ...cast, a, b, c })}\nAnswer:`, question };
}

const inOrder = (story: Story): Wording => tell(story, [...story.template.clauses.keys()]);

export function stories(summary: string): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => drawStory(random, random.pick(TEMPLATES), COMMON),
    redraw: (random, { template }) => drawStory(random, template, UNCOMMON),
    exam: inOrder,
    formats: {
      renamed: (story, random) => inOrder({ ...story, cast: drawCast(random, UNCOMMON) }),
      reordered: (story) => tell(story, story.template.reordered),
    },
  });
}
