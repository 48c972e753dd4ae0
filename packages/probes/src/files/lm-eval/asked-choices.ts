import { at, UserError } from '@shadow-gate/platform';
import { answerKind, type ChoiceScoring, type Question, type Wording } from '../../item.ts';
import { type LmEvalSample, sampleLogprobs } from './sample.ts';

const HINT = 'use a task with choices, one of which is right, or with generated answers';

interface Request {
  readonly context: string;
  readonly continuation: string;
}

/**
 * As the harness asked. `scoring` is of texts; if missing, the metrics of the task decide.
 * @throws UserError for a sample without choices, with several right ones, or with another `acc` than its likelihoods
 */
export function askedChoices(given: LmEvalSample, scoring: ChoiceScoring | undefined): Wording {
  const sample = conditional(given);
  const requests = textRequests(sample);
  if (requests.length < 2) throw new UserError(`${sample.where}: a log-likelihood of one text has no choices`, HINT);
  const isAtEnd = requests.every(({ context }) => context === requests[0]?.context);
  const { prompt, choices, frame } = isAtEnd ? choicesAtEnd(requests) : choicesInside(requests, sample.where);
  const answer = isAtEnd ? rightChoice(sample, choices) : rightContext(sample, choices.length);
  const question: Question = { kind: 'choice', choices, answer, scoring: 'raw', ...frame };
  const asked = { prompt, question, verbatim: true } as const;
  expectSameAnswer(sample, requests.length, answer);
  const texts = isAtEnd && answerKind(asked) === 'text';
  return { ...asked, question: { ...question, scoring: texts ? (scoring ?? scoringOf(sample)) : 'raw' } };
}

/** Leaves out requests for choices alone, which mutual information adds behind all others or, once, behind each. */
function conditional(sample: LmEvalSample): LmEvalSample {
  const { requests, resps } = sample;
  const places = requests.flatMap(({ context }, i) => (context === '' ? [] : [i]));
  if (places.length < 2 || places.length * 2 !== requests.length) return sample;
  return { ...sample, requests: places.map((i) => at(requests, i)), resps: places.map((i) => resps[i] ?? []) };
}

function textRequests({ requests, where }: LmEvalSample): Request[] {
  return requests.map(({ context, argument }) => {
    if (typeof argument === 'string') return { context, continuation: argument };
    throw new UserError(`${where}: a request without a continuation: a perplexity is not an answer`, HINT);
  });
}

/** The common white space before continuations is the task's delimiter of prompt and answer. */
function choicesAtEnd(requests: readonly Request[]) {
  const { context } = at(requests, 0);
  const continuations = requests.map(({ continuation }) => continuation);
  const delimiter = /^\s*/.exec(commonPrefix(continuations))?.[0] ?? '';
  const choices = continuations.map((text) => text.slice(delimiter.length));
  return { prompt: context, choices, frame: { delimiter } };
}

/** The choices stand within the sentence, and the same ending follows each. */
function choicesInside(requests: readonly Request[], where: string) {
  const { continuation: ending } = at(requests, 0);
  if (requests.some(({ continuation }) => continuation !== ending)) {
    throw new UserError(`${where}: neither the prompts nor the continuations of its choices are the same`, HINT);
  }
  const contexts = requests.map(({ context }) => context);
  const start = commonPrefix(contexts).length;
  const rests = contexts.map((text) => text.slice(start));
  const end = commonPrefix(rests.map((text) => Array.from(text).reverse().join(''))).length;
  const choices = rests.map((text) => text.slice(0, text.length - end).trim());
  const prompt = `${at(contexts, 0).slice(0, start)}____${at(rests, 0).slice(at(rests, 0).length - end)}${ending}`;
  return { prompt, choices, frame: { contexts, ending } };
}

function commonPrefix(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  for (const text of others) {
    let same = 0;
    while (same < length && text[same] === first[same]) same += 1;
    length = same;
  }
  return first.slice(0, length);
}

/** The target is an index, or the text of a choice. */
function rightChoice({ target, where }: LmEvalSample, choices: readonly string[]): number {
  const text = String(target);
  const index = /^\d+$/.test(text) ? Number(text) : choices.findIndex((choice) => choice.trim() === text.trim());
  if (index >= 0 && index < choices.length) return index;
  throw new UserError(`${where}: target: ${JSON.stringify(target)} is not one of its ${choices.length} choices`, HINT);
}

/** The log does not name the right sentence: it is the likeliest if `acc` is 1, else the other of two. */
function rightContext(sample: LmEvalSample, count: number): number {
  const { acc, where } = sample;
  const likeliest = likeliestOf(sample, count);
  if (likeliest !== null && Number(acc) === 1) return likeliest;
  if (likeliest !== null && Number(acc) === 0 && count === 2) return 1 - likeliest;
  throw new UserError(`${where}: which of its ${count} sentences is right is not in the file`, HINT);
}

/** `acc` says whether the likeliest choice is right. */
function expectSameAnswer(sample: LmEvalSample, count: number, answer: number): void {
  const { acc, where } = sample;
  if (typeof acc !== 'number' && typeof acc !== 'boolean') return;
  const likeliest = likeliestOf(sample, count);
  if (likeliest === null || (likeliest === answer) === (Number(acc) === 1)) return;
  throw new UserError(`${where}: acc is ${Number(acc)}, which does not fit target and resps`, HINT);
}

/** The place of the largest log-likelihood; null for a tie, and if one is NaN. */
function likeliestOf(sample: LmEvalSample, count: number): number | null {
  const logprobs = sampleLogprobs(sample).slice(0, count);
  const best = Math.max(...logprobs);
  return logprobs.filter((value) => value === best).length === 1 ? logprobs.indexOf(best) : null;
}

function scoringOf({ metrics }: LmEvalSample): ChoiceScoring {
  if (metrics.includes('acc_norm')) return 'per-character';
  return metrics.includes('acc_bytes') ? 'per-byte' : 'raw';
}
