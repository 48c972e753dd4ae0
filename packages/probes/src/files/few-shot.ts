import { at, UserError } from '@shadow-gate/platform';
import { examWording, OPEN_CLUSTERS } from '../forms/choice-twins.ts';
import { type ChoiceRecord, choiceLetter, type ExactRecord } from '../forms/question.ts';
import { comparableText } from '../forms/text.ts';
import { answerKind, type ChoiceScoring } from '../item.ts';
import { type Asking, askedForms } from './asking.ts';
import type { LocatedItem } from './fields/item-fields.ts';
import type { Questions } from './questions.ts';

const BETWEEN = '\n\n';

/**
 * Items after examples with answers: benchmark forms for labels and generated texts, with the right option's text for
 * answers by text, without options for open twins. @throws UserError for an example that is asked, or of another kind
 */
export function withExamples(
  located: readonly LocatedItem[],
  { questions, examples }: Readonly<Record<'questions' | 'examples', Questions>>,
  { asking, scoring }: { readonly asking: Asking; readonly scoring: ChoiceScoring },
): LocatedItem[] {
  expectUnasked(questions, examples);
  const written =
    examples.kind === 'choice'
      ? ofChoices(examples.records, asking, scoring)
      : ofProblems(examples.records, asking, scoring);
  return located.map(({ where, item }) => ({ where, item: { ...item, prompt: `${written(item)}${item.prompt}` } }));
}

type ExamplesFor = (item: LocatedItem['item']) => string;

function join(examples: readonly string[]): string {
  return examples.map((example) => `${example}${BETWEEN}`).join('');
}

function ofChoices(examples: readonly ChoiceRecord[], asking: Asking, scoring: ChoiceScoring): ExamplesFor {
  const { choice } = askedForms(asking, scoring);
  const promptOf = (example: ChoiceRecord) => choice(example)(example).prompt;
  const textOf = ({ choices, answer }: ChoiceRecord) => at(choices, answer);
  // A letter without options before it says nothing.
  const isListed = asking.prompt?.includes('{choices}') ?? true;
  const listed = (example: ChoiceRecord) => (isListed ? promptOf(example) : examWording(example).prompt);
  const byLabel = join(examples.map((example) => `${listed(example)} ${choiceLetter(example.answer)}`));
  const byText = join(examples.map((example) => `${promptOf(example)} ${textOf(example)}`));
  const open = join(examples.map((example) => `Question: ${example.question}\nAnswer: ${textOf(example)}`));
  return (item) => {
    if ((OPEN_CLUSTERS as readonly string[]).includes(item.cluster)) return open;
    return item.question.kind === 'choice' && answerKind(item) === 'text' ? byText : byLabel;
  };
}

function ofProblems(examples: readonly ExactRecord[], asking: Asking, scoring: ChoiceScoring): ExamplesFor {
  const { problem } = askedForms(asking, scoring);
  const isReasoned = asking.answerPattern !== undefined;
  const all = join(
    examples.map((example) => {
      const { prompt } = problem(example).write(example);
      return `${prompt} ${isReasoned ? (example.solution ?? example.target) : example.target}`;
    }),
  );
  return () => all;
}

function expectUnasked(questions: Questions, examples: Questions): void {
  const first = at<ChoiceRecord | ExactRecord>(examples.records, 0);
  if (questions.kind !== examples.kind) {
    throw new UserError(
      `${first.where}: few-shot: an example ${examples.kind === 'choice' ? 'with' : 'without'} choices`,
      'give examples of the kind of the questions',
    );
  }
  const asked = new Map(questions.records.map(({ question, where }) => [comparableText(question), where]));
  for (const { question, where } of examples.records) {
    const same = asked.get(comparableText(question));
    if (same === undefined) continue;
    throw new UserError(
      `${where}: few-shot: ${same} asks the same`,
      'give other questions, such as those of a dev split',
    );
  }
}
