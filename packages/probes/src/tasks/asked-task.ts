import { UserError } from '@shadow-gate/platform';
import type { PythonDict } from '@shadow-gate/python';
import { finalPart } from '../exact-answer.ts';
import type { AskedDocument, AskedTask } from '../files/asked/asked-items.ts';
import { askedChoices } from '../files/lm-eval/asked-choices.ts';
import { DEFAULT_MAX_TOKENS } from '../files/lm-eval/asked-generation.ts';
import type { SampleOptions } from '../files/lm-eval/samples.ts';
import type { Wording } from '../item.ts';
import { pythonToJson } from './python/json.ts';
import type { TaskRequest } from './requests.ts';
import type { Task } from './task.ts';

const HINT = 'use a task with choices, one of which is right, or with generated answers';

/** Documents in the words of the harness. @throws UserError for one without a single right answer */
export function askedTask(
  task: Task,
  documents: readonly PythonDict[],
  requests: readonly TaskRequest[],
  options: SampleOptions,
): AskedTask {
  const asked = requests.map((request, i): AskedDocument => {
    const where = `${task.file}: document ${i + 1}`;
    const fields = {
      subject: task.name,
      ...(pythonToJson(documents[i] ?? new Map()) as Readonly<Record<string, unknown>>),
    };
    return { record: { line: i, where, fields }, wording: wordingOf(request, { task, where, ...options }) };
  });
  const { metrics, otherMetrics } = task;
  const left = otherMetrics.filter((name) => name !== 'perplexity');
  const warning = `${task.file}: judged by ${metrics.join(', ')}; ${left.join(', ')} is not computed`;
  return { name: task.name, documents: asked, chatTemplate: false, warnings: left.length > 0 ? [warning] : [] };
}

interface Asking extends SampleOptions {
  readonly task: Task;
  readonly where: string;
}

function wordingOf(request: TaskRequest, asking: Asking): Wording {
  switch (request.kind) {
    case 'choices':
      return choicesOf(request, asking);
    case 'generation':
      return generationOf(request, asking);
    case 'continuation':
      throw new UserError(`${asking.where}: a log-likelihood of one text has no choices`, HINT);
  }
}

function choicesOf(
  { contexts, continuations, answers }: TaskRequest & { readonly kind: 'choices' },
  { task, where, scoring }: Asking,
): Wording {
  const [answer, another] = answers;
  if (answer === undefined) throw new UserError(`${where}: its target is none of its ${contexts.length} choices`, HINT);
  if (another !== undefined) throw new UserError(`${where}: ${answers.length} of its choices are right`, HINT);
  const requests = contexts.map((context, i) => ({ context, argument: continuations[i] ?? '' }));
  const sample = {
    where,
    doc_id: 0,
    doc: {},
    target: answer,
    resps: [],
    filter: undefined,
    metrics: task.metrics,
    acc: undefined,
    exact_match: undefined,
    requests,
  };
  return askedChoices(sample, scoring);
}

function generationOf(
  { context, until, maxNewTokens, rules }: TaskRequest & { readonly kind: 'generation' },
  { task, where, filter }: Asking,
): Wording {
  const named = filter === undefined ? rules[0] : rules.find((rule) => rule.filter === filter);
  if (named === undefined) {
    const names = rules.map((rule) => rule.filter).join(', ');
    throw new UserError(`${task.file}: filter: it has no ${JSON.stringify(filter)}`, `give one of ${names}`);
  }
  const [target] = named.rule.targets;
  if (target === undefined) throw new UserError(`${where}: it has no right answer`, HINT);
  return {
    prompt: context,
    verbatim: true,
    question: {
      kind: 'exact',
      target: finalPart(target),
      delimiter: task.targetDelimiter,
      rule: named.rule,
      stop: until.filter((text) => text !== ''),
      maxNewTokens: maxNewTokens ?? DEFAULT_MAX_TOKENS,
    },
  };
}
