import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { checked, type LogHeader } from './log.ts';
import type { LoggedSample } from './read-log.ts';

const messageSchema = z.looseObject({
  role: z.string(),
  content: z.unknown().optional(),
  /** `generate` for the model under test, `input` for the task. */
  source: z.string().nullish(),
  tool_calls: z.unknown().optional(),
});
type Message = z.infer<typeof messageSchema>;

/** One sample in one epoch. */
const sampleSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  epoch: z.int().positive(),
  input: z.union([z.string(), z.array(messageSchema)]),
  choices: z.array(z.string()).nullish(),
  target: z.union([z.string(), z.array(z.string())]),
  messages: z.array(messageSchema).nullish(),
  scores: z.record(z.string(), z.looseObject({ value: z.unknown().optional() })).nullish(),
  error: z.unknown().optional(),
});
type Sample = z.infer<typeof sampleSchema>;

/** A sample with the scores of each epoch's answer. */
export interface SampleEpochs {
  readonly id: string | number;
  readonly choices: number | null;
  /** Digests of the document, of the right answers, and of the prompt of every epoch. */
  readonly doc: string;
  readonly target: string;
  readonly prompt: string;
  /** By scorer, in the order of the epochs; null for a missing value. */
  readonly values: ReadonlyMap<string, readonly unknown[]>;
}

/** @throws UserError with file and member, for a repeated sample, a missing epoch, or an error for an answer */
export async function readInspectSamples(
  samples: AsyncIterable<LoggedSample>,
  header: LogHeader,
): Promise<SampleEpochs[]> {
  const epochs = header.eval.config.epochs ?? 1;
  const scorers = new Set((header.results?.scores ?? []).map(({ scorer }) => scorer));
  const found = new Map<string, { readonly where: string; readonly epochs: Map<number, Answer> }>();
  for await (const { where, json } of samples) {
    const sample = checked(sampleSchema, json, where);
    const key = JSON.stringify(sample.id);
    const entry = found.get(key) ?? { where, epochs: new Map<number, Answer>() };
    if (entry.epochs.has(sample.epoch)) {
      const twice = `sample ${sample.id}, epoch ${sample.epoch}, is there twice`;
      throw new UserError(`${where}: ${twice}`, 'give the log of one run');
    }
    entry.epochs.set(sample.epoch, answerOf(sample, where, scorers));
    found.set(key, entry);
  }
  return [...found.values()].map((entry) => joinEpochs(entry, epochs, scorers)).sort(byId);
}

interface Answer extends Omit<SampleEpochs, 'values'> {
  readonly values: ReadonlyMap<string, unknown>;
}

function answerOf(sample: Sample, where: string, scorers: ReadonlySet<string>): Answer {
  const { id, epoch, input, choices, target, messages, scores, error } = sample;
  const isScored = Object.keys(scores ?? {}).length > 0;
  if (error !== undefined && error !== null && !isScored) {
    throw new UserError(
      `${where}: sample ${id}, epoch ${epoch}, ended in an error`,
      "run it again with 'inspect eval-retry', or count it as wrong with --score-on-error",
    );
  }
  const asked = typeof input === 'string' ? input : input.map(plainMessage);
  const value = (scorer: string): unknown => (Object.hasOwn(scores ?? {}, scorer) ? scores?.[scorer]?.value : null);
  return {
    id,
    choices: choices?.length ?? null,
    doc: sha256(canonicalJson([id, asked, choices ?? null])),
    target: sha256(canonicalJson(target)),
    prompt: sha256(canonicalJson(promptOf(messages ?? []).map(plainMessage))),
    values: new Map([...scorers].map((scorer) => [scorer, value(scorer)])),
  };
}

/** Everything before the model's first answer. Without Inspect's marks (before 2024), that is the last message. */
function promptOf(messages: readonly Message[]): readonly Message[] {
  const isAnswer = ({ role, source }: Message) => role === 'assistant' && source === 'generate';
  const first = messages.findIndex(isAnswer);
  const end = first === -1 ? messages.findLastIndex(({ role }) => role === 'assistant') : first;
  return end === -1 ? messages : messages.slice(0, end);
}

/** Without parts that differ in each run, such as its id. */
function plainMessage({ role, content, tool_calls: calls }: Message): unknown {
  return [role, content ?? null, Array.isArray(calls) ? calls.map((call) => [call?.function, call?.arguments]) : null];
}

function joinEpochs(
  { where, epochs }: { readonly where: string; readonly epochs: ReadonlyMap<number, Answer> },
  count: number,
  scorers: ReadonlySet<string>,
): SampleEpochs {
  const answers = Array.from({ length: count }, (_, i) => epochs.get(i + 1));
  const [first] = answers;
  const known = answers.filter((answer) => answer !== undefined);
  if (first === undefined || known.length < count || epochs.size > count) {
    const problem = `${where}: the sample has ${epochs.size} epochs, and the log is of ${count}`;
    throw new UserError(problem, 'run the evaluation again');
  }
  if (known.some(({ doc, target }) => doc !== first.doc || target !== first.target)) {
    throw new UserError(`${where}: the epochs of the sample are of other questions`, 'give the log of one run');
  }
  const { id, choices, doc, target } = first;
  const values = [...scorers].map((scorer) => [scorer, known.map((answer) => answer.values.get(scorer))] as const);
  const prompt = sha256(canonicalJson(known.map((answer) => answer.prompt)));
  return { id, choices, doc, target, prompt, values: new Map(values) };
}

function byId(a: SampleEpochs, b: SampleEpochs): number {
  if (typeof a.id === 'number' && typeof b.id === 'number') return a.id - b.id;
  const [ours, theirs] = [JSON.stringify(a.id), JSON.stringify(b.id)];
  return ours < theirs ? -1 : ours > theirs ? 1 : 0;
}
