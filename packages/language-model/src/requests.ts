import { UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { parseJson, validateFields } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { Sampling } from './engine.ts';
import type { Conversation } from './tokens/chat/messages.ts';

/** `1` and `"1"` are different. */
export type RequestId = string | number;

export interface RequestOrigin {
  readonly id: RequestId;
  /** `FILE:12`, for errors. */
  readonly where: string;
}

interface Scored extends RequestOrigin {
  /** Also as if all logits were scaled, if the engine can (LOGIT_FACTORS). */
  readonly isScaled?: boolean;
  /** Also among these tokens alone, if the engine can (`Sequence.among`). */
  readonly among?: readonly number[];
  /** Also the model's predictions at each place and the scored tokens, if they are known. */
  readonly isPredicted?: boolean;
}

/** A continuation of a context, or a text from its beginning (`rolling`). */
export type ScoreRequest = Scored &
  (
    | { readonly kind: 'text'; readonly context: string; readonly continuation: string }
    | { readonly kind: 'ids'; readonly context: readonly number[]; readonly continuation: readonly number[] }
    | {
        readonly kind: 'rolling-text';
        readonly text: string;
        /** At most one window of the model. */
        readonly isCut?: boolean;
      }
    | { readonly kind: 'rolling-ids'; readonly tokens: readonly number[] }
  );

export type GenerateRequest = RequestOrigin & {
  readonly prompt:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'ids'; readonly tokens: readonly number[] }
    | { readonly kind: 'messages'; readonly messages: Conversation };
  /** Null for the default. */
  readonly maxNewTokens: number | null;
  readonly stop: readonly string[];
  /** Absent: greedy. */
  readonly sampling?: Sampling;
};

const LONE_SURROGATE = /\p{Surrogate}/u;
const idSchema = z.union([z.string(), z.number()], 'must be a string or a number');
const textSchema = z
  .string()
  .refine((text) => !LONE_SURROGATE.test(text), 'has half a surrogate pair, which is not valid text');
const idsSchema = z.array(z.int().nonnegative());

// All are strict: a key with a typo must not be ignored.
const pairSchema = z.strictObject({ id: idSchema, context: textSchema, continuation: textSchema });
const idPairSchema = z.strictObject({ id: idSchema, context_ids: idsSchema, continuation_ids: idsSchema });
const rollingSchema = z.strictObject({
  id: idSchema,
  rolling: z.union([textSchema, idsSchema], 'must be text or a list of token ids'),
});

const limits = {
  id: idSchema,
  max_new_tokens: z.int().positive().optional(),
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1))], 'must be text that is not empty, or a list of such texts')
    .optional(),
};
const promptSchema = z.strictObject({ ...limits, prompt: textSchema });
const promptIdsSchema = z.strictObject({ ...limits, prompt_ids: idsSchema });
const messagesSchema = z.strictObject({ ...limits, messages: z.array(z.looseObject({ role: z.string() })).min(1) });

const SCORE_HINT =
  'give {"id", "context", "continuation"}, {"id", "context_ids", "continuation_ids"} or {"id", "rolling"}';
const GENERATE_HINT = 'give {"id", "prompt" | "prompt_ids" | "messages"}, and optionally "max_new_tokens" and "stop"';

/** Does this request need the checkpoint's tokenizer? */
export function needsTokenizer(request: ScoreRequest | GenerateRequest): boolean {
  if ('prompt' in request) return request.prompt.kind !== 'ids' || request.stop.length > 0;
  return request.kind === 'text' || request.kind === 'rolling-text';
}

/** Read the requests of `shadow-gate score`. @throws UserError naming the file and the line */
export async function readScoreRequests(file: string): Promise<ScoreRequest[]> {
  return parseScoreRequests(await readRequestFile(file, SCORE_HINT), file);
}

/** Read the requests of `shadow-gate generate`. @throws UserError naming the file and the line */
export async function readGenerateRequests(file: string): Promise<GenerateRequest[]> {
  return parseGenerateRequests(await readRequestFile(file, GENERATE_HINT), file);
}

/** @param text JSONL, possibly with empty lines, a byte order mark, and CRLF */
export function parseScoreRequests(text: string, file: string): ScoreRequest[] {
  return parseLines(text, file, SCORE_HINT, (json, where) => {
    const parse = <T>(schema: z.ZodType<T>) => parseRequest(json, schema, where, SCORE_HINT);
    if ('rolling' in json) {
      const { id, rolling } = parse(rollingSchema);
      return typeof rolling === 'string'
        ? { kind: 'rolling-text', id, where, text: rolling }
        : { kind: 'rolling-ids', id, where, tokens: rolling };
    }
    if ('context_ids' in json || 'continuation_ids' in json) {
      const { id, context_ids: context, continuation_ids: continuation } = parse(idPairSchema);
      return { kind: 'ids', id, where, context, continuation };
    }
    return { kind: 'text', where, ...parse(pairSchema) };
  });
}

/** @param text JSONL, possibly with empty lines, a byte order mark, and CRLF */
export function parseGenerateRequests(text: string, file: string): GenerateRequest[] {
  return parseLines(text, file, GENERATE_HINT, (json, where, line) => {
    const parse = <T>(schema: z.ZodType<T>) => parseRequest(json, schema, where, GENERATE_HINT);
    if ('prompt_ids' in json) {
      const { prompt_ids: tokens, ...rest } = parse(promptIdsSchema);
      return { ...common(rest), where, prompt: { kind: 'ids', tokens } };
    }
    if ('messages' in json) {
      const { messages: _, ...rest } = parse(messagesSchema);
      // As written: JavaScript makes 1 of 1.0.
      return { ...common(rest), where, prompt: { kind: 'messages', messages: { json: line } } };
    }
    const { prompt, ...rest } = parse(promptSchema);
    return { ...common(rest), where, prompt: { kind: 'text', text: prompt } };
  });
}

function common(request: { id: RequestId; max_new_tokens?: number | undefined; stop?: string | string[] | undefined }) {
  return { id: request.id, maxNewTokens: request.max_new_tokens ?? null, stop: [request.stop ?? []].flat() };
}

/** As JSONL. */
export function toJsonLines(answers: readonly object[]): string {
  return answers.map((answer) => `${JSON.stringify(answer)}\n`).join('');
}

async function readRequestFile(file: string, hint: string): Promise<string> {
  const text = await readTextFile(file, 'requests');
  if (text === null) throw new UserError(`${file} does not exist`, hint);
  return text;
}

type Json = Readonly<Record<string, unknown>>;

function parseLines<T extends RequestOrigin>(
  text: string,
  file: string,
  hint: string,
  parse: (json: Json, where: string, line: string) => T,
): T[] {
  const requests: T[] = [];
  const lineOf = new Map<RequestId, string>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const where = `${file}:${index + 1}`;
    const request = parse(parseLine(line, where, hint), where, line);
    const other = lineOf.get(request.id);
    if (other !== undefined) {
      throw new UserError(
        `${where}: ${other} already has the id ${JSON.stringify(request.id)}`,
        'give each request an id of its own',
      );
    }
    lineOf.set(request.id, where);
    requests.push(request);
  }
  if (requests.length === 0) throw new UserError(`${file} contains no requests`, hint);
  return requests;
}

const objectSchema = z.record(z.string(), z.unknown());

function parseLine(line: string, where: string, hint: string): Json {
  const json = parseJson(line, { name: where, hint, notJson: ({ message }) => `: not JSON: ${message}` });
  const parsed = objectSchema.safeParse(json);
  if (!parsed.success) throw new UserError(`${where}: not a JSON object`, hint);
  return parsed.data;
}

function parseRequest<T>(json: Json, schema: z.ZodType<T>, where: string, hint: string): T {
  const parsed = validateFields(schema, json);
  if (parsed.success) return parsed.data;
  const issues = parsed.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new UserError(`${where}: ${issues.join('; ')}`, hint);
}
