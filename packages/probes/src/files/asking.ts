import { UserError } from '@shadow-gate/platform';
import { examWording, letteredLines } from '../forms/choice-twins.ts';
import { plainProblem, restyledProblem } from '../forms/exact-twins.ts';
import {
  type AskedChoice,
  type AskedProblem,
  type BenchmarkForms,
  type ChoiceRecord,
  choiceLetter,
  type ExactRecord,
  type ProblemForm,
  scoreTexts,
  type WriteChoice,
} from '../forms/question.ts';
import type { ChoiceScoring, Wording } from '../item.ts';

/** How a policy wants a file to be asked, if not in the usual way. */
export interface Asking {
  /** Template of the benchmark form, with `{question}` and perhaps `{choices}`: one lettered option a line. */
  readonly prompt?: string | undefined;
  /** A regular expression that finds the answer in a generated text, perhaps after reasoning. */
  readonly answerPattern?: string | undefined;
}

const PLACEHOLDER = /\{(\w+)\}/g;

/** @throws UserError for a template without a question, or with anything else in braces */
export function checkPrompt(prompt: string, file: string): void {
  const names = [...prompt.matchAll(PLACEHOLDER)].map(([, name]) => name);
  const unknown = names.find((name) => name !== 'question' && name !== 'choices');
  const problem =
    unknown !== undefined ? `{${unknown}} is not known` : names.includes('question') ? null : 'it has no {question}';
  if (problem === null && prompt === prompt.trimEnd()) return;
  throw new UserError(
    `${file}: prompt: ${problem ?? 'it ends with white space, which would be scored with the answer'}`,
    'write {question} and perhaps {choices}; use a task file of lm-evaluation-harness for more',
  );
}

/** Fills a template in one pass: a placeholder within a question stays as it is. */
function fill(prompt: string, question: string, choices: readonly string[] = []): string {
  return prompt.replace(PLACEHOLDER, (_, name: string) =>
    name === 'question' ? question : letteredLines(choices).join('\n'),
  );
}

/** A long answer ends before these texts; a blank line is a part of it. */
const STOPS = ['\nQuestion:', '\nProblem:', '\nQ:'];

function reasoned(target: string, pattern: string): Wording['question'] {
  return { kind: 'exact', target, pattern, stop: STOPS };
}

/** The usual forms, for questions without their own and for variants that their own form cannot ask. */
export function formsWith(
  choice: (question: ChoiceRecord) => WriteChoice | undefined,
  problem: (problem: ExactRecord) => ProblemForm | undefined,
): BenchmarkForms {
  return {
    choice: (question) => {
      const form = choice(question);
      return (asked) => form?.(asked) ?? examWording(asked);
    },
    problem: (record) => {
      const form = problem(record);
      const write = (asked: AskedProblem) => form?.write(asked) ?? plainProblem(asked);
      return {
        write,
        restyle: (random) => form?.restyle(random) ?? restyledProblem(record, random, write(record).prompt),
      };
    },
  };
}

/** Asks by letter if the prompt lists the options, else by text; with a pattern, by the letter in a generated text. */
export function askedForms(asking: Asking, scoring: ChoiceScoring): BenchmarkForms {
  const isUsual = asking.prompt === undefined && asking.answerPattern === undefined;
  return formsWith(
    (question) => (isUsual ? undefined : choiceForm(question, asking, scoring)),
    (problem) => (isUsual ? undefined : problemForm(problem, asking)),
  );
}

function choiceForm(record: ChoiceRecord, { prompt, answerPattern }: Asking, scoring: ChoiceScoring): WriteChoice {
  const isListed = prompt === undefined || prompt.includes('{choices}');
  return (asked: AskedChoice) => {
    // A prompt without its options asks the same in any order of them.
    const isReordered = asked.choices.some((choice, i) => choice !== record.choices[i]);
    if (!isListed && isReordered) return null;
    const plain = examWording(asked);
    const text = prompt === undefined ? plain.prompt : fill(prompt, asked.question, asked.choices);
    if (answerPattern !== undefined) {
      return { prompt: text, question: reasoned(choiceLetter(asked.answer), answerPattern) };
    }
    return { prompt: text, question: isListed ? plain.question : scoreTexts(asked, scoring) };
  };
}

function problemForm(problem: ExactRecord, { prompt, answerPattern }: Asking): ProblemForm {
  const questionFor = (target: string): Wording['question'] =>
    answerPattern === undefined ? { kind: 'exact', target } : reasoned(target, answerPattern);
  // A model that reasons first is not asked for a number at once.
  const numeric = answerPattern === undefined && problem.numeric;
  const promptFor = ({ question, target }: AskedProblem) =>
    prompt === undefined ? plainProblem({ question, target, numeric }).prompt : fill(prompt, question);
  return {
    write: (asked: AskedProblem) => ({ prompt: promptFor(asked), question: questionFor(asked.target) }),
    restyle: (random) => ({
      prompt: restyledProblem({ ...problem, numeric }, random, promptFor(problem)).prompt,
      question: questionFor(problem.target),
    }),
  };
}
