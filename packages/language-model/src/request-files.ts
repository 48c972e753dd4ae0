import { UserError } from '@shadow-gate/platform';
import { type OnProgress, withInterruptions } from '@shadow-gate/platform/progress';
import type { OnWork } from './engine.ts';
import { continueEncoded, encodePrompts, type GenerateAnswer } from './generate.ts';
import { type LoadedEngine, type ModelOutline, type ModelSource, withOutline } from './model.ts';
import { type OnRefusal, type RequestRefusal, toUnanswered, type Unanswered } from './refusal.ts';
import { continuePromptsByText, scoreRequestsByText } from './remote/remote-answers.ts';
import {
  type GenerateRequest,
  needsTokenizer,
  type RequestId,
  readGenerateRequests,
  readScoreRequests,
  type ScoreRequest,
} from './requests.ts';
import { encodeScores, type ScoreAnswer, scoreEncoded } from './score.ts';
import type { RollingRule } from './tokens/encode.ts';

export interface FileResult<T> {
  /** In the order of the requests. */
  readonly answers: ReadonlyArray<T | Unanswered>;
  /** Answers that are refusals. */
  readonly unanswered: number;
  /** The device or server that answered, and why. */
  readonly by: string;
  /** Requests (`FILE:12`) that were cut on the left to fit the model. */
  readonly truncated: readonly string[];
}

export interface RequestFileOptions {
  readonly onProgress?: OnProgress | undefined;
  /**
   * Receives requests that cannot be answered: first those known before the weights are read, then the others. Never an
   * empty list.
   */
  readonly onRefusals?: ((refusals: readonly RequestRefusal[]) => void) | undefined;
}

/**
 * Score every request of a JSONL file, or answer it with the reason why not.
 * @throws UserError for a file that cannot be read, or without any request that can be scored
 */
export function scoreFile(
  source: ModelSource,
  file: string,
  { rolling = 'one-bos', ...options }: RequestFileOptions & { readonly rolling?: RollingRule | undefined } = {},
): Promise<FileResult<ScoreAnswer>> {
  return answerFile(source, file, options, {
    phase: 'scoring',
    read: readScoreRequests,
    start: (requests, outline, { onTruncation, onRefusal }) => {
      const { byText, tokenizer, ids, limits } = outline;
      if (byText) {
        if (rolling !== 'one-bos') refuseRollingText(requests);
        return {
          count: requests.length,
          run: (_, onWork) => scoreRequestsByText(requests, byText, { onTruncation, onRefusal, onWork }),
        };
      }
      const { prefixTokenId } = ids;
      const encoded = encodeScores(requests, limits, { tokenizer, prefixTokenId, rolling, onTruncation, onRefusal });
      return {
        count: encoded.length,
        run: ({ engine }, onWork) => scoreEncoded(encoded, engine, { onRefusal, onWork }),
      };
    },
  });
}

/** A server does not say which tokens are special or where it adds them. */
function refuseRollingText(requests: readonly ScoreRequest[]): void {
  const first = requests.find(({ kind }) => kind === 'rolling-text');
  if (!first) return;
  throw new UserError(
    `${first.where}: --rolling lm-eval scores special tokens, which only a tokenizer names`,
    "give the model's tokenizer (--tokenizer), or token ids",
  );
}

/**
 * Continue every prompt of a JSONL file greedily, or answer it with the reason why not.
 * @throws UserError for a file that cannot be read, or without any prompt that can be continued
 */
export function generateFile(
  source: ModelSource,
  file: string,
  { now, ...options }: RequestFileOptions & { readonly now: Date },
): Promise<FileResult<GenerateAnswer>> {
  return answerFile(source, file, options, {
    phase: 'generating',
    read: readGenerateRequests,
    start: (requests, { byText, tokenizer, ids, limits }, { onTruncation, onRefusal }) => {
      if (byText) {
        return {
          count: requests.length,
          run: (_, onWork) => continuePromptsByText(requests, byText, { onRefusal, onWork }),
        };
      }
      const encoded = encodePrompts(requests, limits, { tokenizer, ...ids, now, onTruncation, onRefusal });
      return {
        count: encoded.length,
        run: ({ engine }, onWork) => continueEncoded(encoded, engine, { tokenizer, onWork }),
      };
    },
  });
}

interface Callbacks {
  readonly onTruncation: (where: string) => void;
  readonly onRefusal: OnRefusal;
}

interface Work<R, T> {
  readonly phase: 'scoring' | 'generating';
  readonly read: (file: string) => Promise<R[]>;
  /** All work without the weights. `count` requests are left for the model. */
  readonly start: (
    requests: readonly R[],
    outline: ModelOutline,
    callbacks: Callbacks,
  ) => { readonly count: number; readonly run: (loaded: LoadedEngine, onWork: OnWork) => Promise<T[]> };
}

async function answerFile<R extends ScoreRequest | GenerateRequest, T extends { readonly id: RequestId }>(
  source: ModelSource,
  file: string,
  { onProgress, onRefusals }: RequestFileOptions,
  { phase, read, start }: Work<R, T>,
): Promise<FileResult<T>> {
  const requests = await read(file);
  const { report, interrupt: onOpening } = withInterruptions(onProgress);
  return withOutline(source, { needsTokenizer: requests.some(needsTokenizer), onOpening }, async (outline) => {
    const truncated: string[] = [];
    const refusals = new Map<RequestId, RequestRefusal>();
    let told = 0;
    const tell = () => {
      const fresh = [...refusals.values()].slice(told);
      if (refusals.size === requests.length) throw noneAnswered([...refusals.values()]);
      told = refusals.size;
      if (fresh.length > 0) onRefusals?.(fresh);
    };
    const { count, run } = start(requests, outline, {
      onTruncation: (where) => truncated.push(where),
      onRefusal: (refusal) => void refusals.set(refusal.request.id, refusal),
    });
    tell();
    const loaded = await outline.load();
    report({ phase, done: 0, total: count });
    const answers = await run(loaded, (share) => report({ phase, done: share * count, total: count }));
    tell();
    const answerOf = new Map(answers.map((answer) => [answer.id, answer]));
    return {
      answers: requests.map(({ id }) => lineOf(id, answerOf.get(id), refusals.get(id))),
      unanswered: refusals.size,
      by: loaded.by,
      truncated,
    };
  });
}

function lineOf<T>(id: RequestId, answer: T | undefined, refusal: RequestRefusal | undefined): T | Unanswered {
  if (answer !== undefined) return answer;
  if (refusal) return toUnanswered(refusal);
  throw new Error(`request ${JSON.stringify(id)} has neither an answer nor a reason`);
}

/** Without any answer, there is no result: the first request's reason, and the number of the others. */
function noneAnswered(refusals: readonly RequestRefusal[]): UserError {
  const [first] = refusals;
  if (!first) throw new Error('a file has at least one request');
  const { error } = first;
  const all = refusals.length === 1 ? '' : ` (and none of the other ${refusals.length - 1} requests can be answered)`;
  return new UserError(`${error.problem}${all}`, error.hint, { code: error.code, lines: error.lines });
}
