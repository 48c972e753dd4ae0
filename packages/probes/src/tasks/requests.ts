import { UserError } from '@shadow-gate/platform';
import { equals, isInt, isList, type PythonDict, PythonError, type PythonValue, toText } from '@shadow-gate/python';
import { type AnswerRule, checkAnswerRule } from '../answer-rule.ts';
import { taskAnswerRule, taskFilterNames } from '../files/lm-eval/task-answer-rule.ts';
import {
  type DocumentSource,
  documentSource,
  renderChoices,
  renderContexts,
  renderQuestion,
  renderTarget,
  type TaskContextOptions,
} from './context.ts';
import { PythonRandom } from './python/random.ts';
import type { Task } from './task.ts';

export type TaskRequest =
  | {
      readonly kind: 'choices';
      readonly choices: readonly string[];
      /** One for each choice, often all the same. */
      readonly contexts: readonly string[];
      /** Scored after each context. */
      readonly continuations: readonly string[];
      /** Indices of the right choices; the harness counts no other as right. */
      readonly answers: readonly number[];
    }
  | {
      readonly kind: 'generation';
      readonly context: string;
      readonly until: readonly string[];
      readonly maxNewTokens: number | null;
      /** One for each filter of the task. */
      readonly rules: readonly NamedRule[];
    }
  | { readonly kind: 'continuation'; readonly context: string; readonly continuation: string };

interface NamedRule {
  readonly filter: string;
  readonly rule: AnswerRule;
}

interface TaskDocuments {
  /** The whole split that is asked: few-shot examples depend on the order. */
  readonly asked: readonly PythonDict[];
  /** The split of the few-shot examples, or the task's own examples. */
  readonly fewshot: readonly PythonDict[];
}

/** The harness's requests without a chat template. @throws UserError with a document that a template does not fit */
export function taskRequests(
  task: Task,
  documents: TaskDocuments,
  options: { readonly numFewshot?: number; readonly fewshotSeed?: number } = {},
): TaskRequest[] {
  const { asked, fewshot } = documents;
  const { numFewshot = task.numFewshot, fewshotSeed = FEWSHOT_SEED } = options;
  const [first] = asked;
  if (first === undefined) throw new UserError(`${task.file} has no documents`, 'give some');
  const own = locating(task, 0, () => optionsOf(task, first));
  const sample = task.sampler === 'first_n' ? firstN(fewshot) : seeded(fewshot, fewshotSeed);
  // The harness leaves the document out of its examples if the task names the same split for both.
  const { split, declared } = { declared: false, ...task.fewshot };
  const isSameSplit = (declared ? split : null) === task.testSplit;
  return asked.map((document, i) =>
    locating(task, i, () => {
      const examples = numFewshot === 0 ? [] : sample(numFewshot, isSameSplit ? document : null);
      return requestOf(document, examples, own);
    }),
  );
}

interface RequestOptions extends TaskContextOptions {
  /** Whether the first document's target is a list, any of which is right. */
  readonly multipleTarget: boolean;
}

function optionsOf(task: Task, document: PythonDict): RequestOptions {
  const fields = new Set(document.keys()) as ReadonlySet<string>;
  const source = documentSource(document, { task, fields });
  return {
    task,
    fields,
    multipleInput: task.docToChoice !== null && isInt(renderQuestion(task, source)),
    multipleTarget: isList(renderTarget(task, source)),
  };
}

function requestOf(document: PythonDict, examples: readonly PythonDict[], options: RequestOptions): TaskRequest {
  const { task } = options;
  const source = documentSource(document, options);
  const contexts = renderContexts(document, examples, options);
  if ('each' in contexts) {
    if (task.outputType !== 'multiple_choice') throw new PythonError('doc_to_text gives a number');
    const continuation = task.targetDelimiter + toText(renderTarget(task, source));
    const choices = renderChoices(task, source) ?? [];
    return {
      kind: 'choices',
      choices,
      contexts: contexts.each,
      continuations: choices.map(() => continuation),
      answers: answersOf(renderQuestion(task, source), choices),
    };
  }
  const context = contexts.shared;
  switch (task.outputType) {
    case 'multiple_choice': {
      const choices = renderChoices(task, source);
      if (choices === null) throw new PythonError('doc_to_choice is missing');
      return {
        kind: 'choices',
        choices,
        contexts: choices.map(() => context),
        continuations: choices.map((choice) => task.targetDelimiter + choice),
        answers: answersOf(renderTarget(task, source), choices),
      };
    }
    case 'loglikelihood': {
      const continuation = renderTarget(task, source);
      if (typeof continuation !== 'string')
        throw new PythonError(`doc_to_target gives ${toText(continuation)}, which is not text`);
      return { kind: 'continuation', context, continuation };
    }
    case 'generate_until':
      return {
        kind: 'generation',
        context,
        until: task.until,
        maxNewTokens: task.maxNewTokens,
        rules: rulesOf(document, source, options),
      };
  }
}

/** From an index, the text of a choice, or a list of indices. An index out of range is right for no choice. */
function answersOf(gold: PythonValue, choices: readonly string[]): number[] {
  return (isList(gold) ? gold : [gold]).flatMap((one) => {
    if (typeof one === 'string' && !isList(gold)) return choices.includes(one) ? [choices.indexOf(one)] : [];
    if (!isInt(one) || typeof one === 'bigint')
      throw new PythonError(`doc_to_target gives ${toText(one)}, which is no choice`);
    const index = Number(one);
    return index >= 0 && index < choices.length ? [index] : [];
  });
}

function rulesOf(document: PythonDict, source: DocumentSource, options: RequestOptions): NamedRule[] {
  const { task, multipleTarget } = options;
  const targets = targetsOf(source, task, multipleTarget);
  const choices = document.get('choices') ?? null;
  const texts = isList(choices) && choices.every((choice) => typeof choice === 'string') ? choices : null;
  return taskFilterNames(task.judging).map((filter) => {
    const rule = taskAnswerRule(task.judging, { filter, targets, where: task.file, choices: texts ?? [] });
    if (texts === null && rule.steps.some((step) => step.function === 'multi_choice_regex')) {
      throw new PythonError('multi_choice_regex needs the field choices, a list of texts');
    }
    checkAnswerRule(rule);
    return { filter, rule };
  });
}

function targetsOf(source: DocumentSource, task: Task, multipleTarget: boolean): string[] {
  const gold = renderTarget(task, source);
  const choices = renderChoices(task, source);
  if (choices !== null) {
    const choice = isInt(gold) ? choices.at(Number(gold)) : undefined;
    if (choice === undefined)
      throw new PythonError(`doc_to_target gives ${toText(gold)}, which is no index of a choice`);
    return [choice];
  }
  if (!multipleTarget) return [toText(gold)];
  if (!isList(gold) || !gold.every((one) => typeof one === 'string')) {
    throw new PythonError(`doc_to_target gives ${toText(gold)}, which is no list of texts as in the first document`);
  }
  return [...(gold as readonly string[])];
}

function locating<T>(task: Task, index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // A text that is too long, or an expression that nests too deep.
    if (!(error instanceof PythonError || error instanceof RangeError)) throw error;
    throw new UserError(
      `${task.file}: document ${index + 1}: ${error.message}`,
      'correct the document or the task, or let lm-evaluation-harness run it and measure its samples',
    );
  }
}

/** The seed of lm-evaluation-harness for few-shot examples (`--seed` without a value). */
const FEWSHOT_SEED = 1234;

/** Chooses examples for the next document, without `asked`. @param count at least 1 */
type Sampler = (count: number, asked: PythonDict | null) => readonly PythonDict[];

function firstN(pool: readonly PythonDict[]): Sampler {
  return (count, asked) => {
    const examples: PythonDict[] = [];
    for (const other of pool) {
      if (examples.length === count) break;
      if (asked === null || !equals(other, asked)) examples.push(other);
    }
    expectEnough(examples.length, count);
    return examples;
  };
}

/** All documents draw from one generator, so examples depend on the number of documents before. */
function seeded(pool: readonly PythonDict[], seed: number): Sampler {
  const random = new PythonRandom(seed);
  const sample = (from: readonly PythonDict[], count: number) => {
    expectEnough(from.length, count);
    return random.sample(from, count);
  };
  return (count, asked) => {
    if (asked === null) return sample(pool, count);
    const drawn = without(sample(pool, count + 1), asked).slice(0, count);
    // Otherwise, the document was there more than once.
    return drawn.length === count ? drawn : sample(without(pool, asked), count);
  };
}

const without = (pool: readonly PythonDict[], document: PythonDict): PythonDict[] =>
  pool.filter((other) => !equals(other, document));

function expectEnough(available: number, count: number): void {
  if (available < count) throw new PythonError(`${count} few-shot examples are asked for, and there are ${available}`);
}
