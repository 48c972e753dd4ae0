import { isDeepStrictEqual } from 'node:util';
import { UserError } from '@shadow-gate/platform';
import { parsePrintedLiteral } from '@shadow-gate/python';
import { type AnswerRule, readAnswer } from '../../answer-rule.ts';
import { finalPart } from '../../exact-answer.ts';
import type { Wording } from '../../item.ts';
import type { LmEvalSample } from './sample.ts';
import { taskAnswerRule } from './task-answer-rule.ts';
import { type RunOfTask, resultsBeside } from './task-config.ts';

export interface SampledTask {
  readonly path: string;
  readonly filter: string;
  readonly run: RunOfTask | null;
}

/** Token limit of the harness for a task without one. */
export const DEFAULT_MAX_TOKENS = 256;

/** @throws UserError without results, for an unknown filter or metric, or if the file judges its answer otherwise */
export function askedGeneration(sample: LmEvalSample, { path, filter, run }: SampledTask): Wording {
  const { where, requests } = sample;
  const [request, another] = requests;
  if (request === undefined || another !== undefined) {
    throw new UserError(`${where}: ${requests.length} requests, and a generated answer has one`, 'use another task');
  }
  if (run === null) {
    throw new UserError(
      `${path}: how generated answers are judged is written in ${resultsBeside(path) ?? 'results_DATE.json'}, which is missing`,
      'put the results file of the run next to the samples',
    );
  }
  const rule = ruleFor(sample, (targets) =>
    taskAnswerRule(run.config, { filter, targets, where, choices: choicesOf(sample) }),
  );
  const { stop, maxNewTokens } = limitsOf(request.argument);
  return {
    prompt: request.context,
    verbatim: true,
    question: {
      kind: 'exact',
      target: finalPart(rule.targets[0] ?? ''),
      delimiter: run.config.target_delimiter ?? ' ',
      rule,
      stop,
      maxNewTokens,
    },
  };
}

function choicesOf({ doc }: LmEvalSample): readonly string[] {
  const { choices } = doc;
  const texts = Array.isArray(choices) ? choices : [];
  return texts.every((text) => typeof text === 'string') ? texts : [];
}

/** The document's fields, or the file's own judgment, tell one right answer from a list printed by Python. */
function ruleFor(sample: LmEvalSample, ruleOf: (targets: readonly string[]) => AnswerRule): AnswerRule {
  const { target, doc, where } = sample;
  const text = String(target);
  const listed = Array.isArray(target) ? target : text.startsWith('[') ? parsePrintedLiteral(text) : null;
  const one = ruleOf([text]);
  const several = Array.isArray(listed) && listed.length > 0 ? ruleOf(listed.map(String)) : null;
  const isText = typeof target === 'string' && holds(doc, target);
  const isList = Array.isArray(target) || (several !== null && holds(doc, listed));
  const possible = [...(isList && !isText ? [] : [one]), ...(several === null || (isText && !isList) ? [] : [several])];
  const [rule, another] = possible.filter((each) => fits(sample, each));
  if (rule === undefined) {
    throw new UserError(
      `${where}: exact_match is ${JSON.stringify(sample.exact_match)}, and its answer is judged otherwise here`,
      'give samples and results of one run',
    );
  }
  if (another === undefined) return rule;
  throw new UserError(
    `${where}: target: whether it is one right answer or a list is not in the file`,
    'use another task',
  );
}

function holds(value: unknown, wanted: unknown): boolean {
  if (isDeepStrictEqual(value, wanted)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some((part) => holds(part, wanted));
}

/** Whether the rule judges the logged answer as the file does. With repeats, the file judged more than the first. */
function fits({ exact_match: logged, resps }: LmEvalSample, rule: AnswerRule): boolean {
  const [texts = []] = resps;
  const [text] = texts;
  if (typeof text !== 'string' || texts.length > 1 || typeof logged !== 'number') return true;
  return Number(readAnswer(text, rule).correct) === logged;
}

function limitsOf(argument: unknown): { readonly stop: readonly string[]; readonly maxNewTokens: number } {
  const settings = (argument ?? {}) as Readonly<Record<string, unknown>>;
  const until = [settings.until ?? []].flat();
  const limits = ['max_gen_toks', 'max_new_tokens', 'max_tokens', 'max_completion_tokens'].map((key) => settings[key]);
  const limit = limits.find((value) => typeof value === 'number' && Number.isInteger(value) && value > 0);
  return {
    stop: until.filter((text): text is string => typeof text === 'string' && text !== ''),
    maxNewTokens: typeof limit === 'number' ? limit : DEFAULT_MAX_TOKENS,
  };
}
