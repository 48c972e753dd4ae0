import { at } from '@shadow-gate/platform';
import { type Expression, evaluateNumber, parseExpression } from '../../arithmetic/expression.ts';
import { toNumber } from '../../arithmetic/rational.ts';
import type { Question, Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { drawNumber, type NumberRange, readNumberRange } from '../../templates/range.ts';
import { type ProbeRecipe, recipe, redrawn, type TwinRecipe } from '../recipe.ts';
import { type Cast, type CastVocabulary, COMMON, drawCast, fillGaps, UNCOMMON } from './cast.ts';
import { STORIES, type StoryTemplate } from './stories.ts';
import { numberQuestion } from './wrong-numbers.ts';

const EXAMPLES = `Question: Kate has 14 cups. Bob has 8 cups. How many cups do Kate and Bob have together?
Answer: 22

Question: Bob has 5 bags of cards. There are 7 cards in each bag. Bob loses 9 cards. How many cards does Bob have left?
Answer: 26

`;

interface Story {
  readonly template: StoryTemplate;
  readonly numbers: readonly number[];
  readonly question: Question;
  readonly cast: Cast;
}

/** The names of the values of a story. */
const NAMES = ['a', 'b', 'c'];

interface Compiled {
  readonly ranges: readonly NumberRange[];
  readonly answer: Expression;
  readonly mistakes: readonly Expression[];
}

const compiled = new Map<StoryTemplate, Compiled>();

function compile(template: StoryTemplate): Compiled {
  const known = compiled.get(template);
  if (known) return known;
  const { values, answer, mistakes } = template;
  const made = {
    ranges: values.map(readNumberRange),
    answer: parseExpression(answer),
    mistakes: mistakes.map(parseExpression),
  };
  compiled.set(template, made);
  return made;
}

/** Every answer has two digits, so that all have the same number of tokens. */
const MIN_ANSWER = 10;
const MAX_ANSWER = 99;

/** Undefined for numbers that make no sensible story or give the answer away. */
function drawStory(random: Random, template: StoryTemplate, vocabulary: CastVocabulary): Story | undefined {
  const { ranges, answer: formula, mistakes } = compile(template);
  const drawn = ranges.map((range) => drawNumber(range, random));
  const calculate = (expression: Expression) =>
    toNumber(evaluateNumber(expression, { ofName: (name) => at(drawn, NAMES.indexOf(name)) }));
  const numbers = drawn.map(toNumber);
  const answer = calculate(formula);
  if (answer < MIN_ANSWER || answer > MAX_ANSWER || new Set(numbers).size < numbers.length) return undefined;
  const question = numberQuestion(random, answer, { mistakes: mistakes.map(calculate), given: numbers });
  return question && { template, numbers, question, cast: drawCast(random, vocabulary) };
}

function tell({ template, numbers, question, cast }: Story, order: readonly number[]): Wording {
  const [a, b, c] = numbers;
  const sentences = [...order.map((i) => at(template.clauses, i)), template.question];
  return { prompt: `${EXAMPLES}Question: ${fillGaps(sentences.join(' '), { ...cast, a, b, c })}\nAnswer:`, question };
}

const inOrder = (story: Story): Wording => tell(story, [...story.template.clauses.keys()]);

const TWINS: readonly TwinRecipe<Story>[] = [
  redrawn((random, { template }) => drawStory(random, template, UNCOMMON), inOrder),
  {
    name: 'renamed',
    kind: 'format',
    phrase: (random, story) => inOrder({ ...story, cast: drawCast(random, UNCOMMON) }),
  },
  { name: 'reordered', kind: 'format', phrase: (_, story) => tell(story, story.template.reordered) },
];

/** A story in one to three steps. */
export function stories(summary: string): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => drawStory(random, random.pick(STORIES), COMMON),
    exam: inOrder,
    twins: TWINS,
  });
}
