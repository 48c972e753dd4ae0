import { at } from '../../../platform/at.ts';
import type { Question } from '../../item.ts';
import type { Random } from '../../random.ts';
import type { Phrasing } from '../family.ts';
import { type Recipe, recipe, type TwinRecipe } from '../recipe.ts';
import { type Cast, COMMON, drawCast, fillGaps, UNCOMMON, type Vocabulary } from './cast.ts';
import { STORIES, type StoryTemplate } from './stories.ts';
import { numberQuestion } from './wrong-numbers.ts';

type Text = Omit<Phrasing, 'template'>;

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

/** Every answer has two digits, so that all have the same number of tokens. */
const MIN_ANSWER = 10;
const MAX_ANSWER = 99;

/** Undefined for numbers that make no sensible story or give the answer away. */
function drawStory(random: Random, template: StoryTemplate, vocabulary: Vocabulary): Story | undefined {
  const numbers = template.draw(random);
  const [a = 0, b = 0, c = 0] = numbers;
  const answer = template.answer(a, b, c);
  if (answer < MIN_ANSWER || answer > MAX_ANSWER || new Set(numbers).size < numbers.length) return undefined;
  const question = numberQuestion(random, answer, { mistakes: template.mistakes(a, b, c), given: numbers });
  return question && { template, numbers, question, cast: drawCast(random, vocabulary) };
}

function tell({ template, numbers, question, cast }: Story, order: readonly number[]): Text {
  const [a, b, c] = numbers;
  const sentences = [...order.map((i) => at(template.clauses, i)), template.question];
  return { prompt: `${EXAMPLES}Question: ${fillGaps(sentences.join(' '), { ...cast, a, b, c })}\nAnswer:`, question };
}

const inOrder = (story: Story): Text => tell(story, [...story.template.clauses.keys()]);

const TWINS: readonly TwinRecipe<Story>[] = [
  {
    name: 'redrawn',
    kind: 'fresh',
    phrase(random, { template }) {
      for (;;) {
        const story = drawStory(random, template, UNCOMMON);
        if (story) return inOrder(story);
      }
    },
  },
  {
    name: 'renamed',
    kind: 'format',
    phrase: (random, story) => inOrder({ ...story, cast: drawCast(random, UNCOMMON) }),
  },
  { name: 'reordered', kind: 'format', phrase: (_, story) => tell(story, story.template.reordered) },
];

/** A story in one to three steps. */
export function stories(summary: string): Recipe {
  return recipe({
    summary,
    draw: (random) => drawStory(random, random.pick(STORIES), COMMON),
    exam: inOrder,
    twins: TWINS,
  });
}
