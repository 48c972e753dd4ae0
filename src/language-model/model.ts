import type { DeviceChoice } from '../onnx/device.ts';
import type { Engine } from './engine.ts';
import { continuePrompts, type GenerateAnswer } from './generate.ts';
import { openModel } from './open-model.ts';
import { continuePromptsByText, scoreRequestsByText } from './remote/remote-answers.ts';
import { openRemoteEngine, type RemoteEngine } from './remote/remote-engine.ts';
import {
  type GenerateRequest,
  needsTokenizer,
  readGenerateRequests,
  readScoreRequests,
  type ScoreRequest,
} from './requests.ts';
import { prepareScoring, type ScoreAnswer, scoreRequests } from './score.ts';
import type { ModelTokenIds } from './tokens/model-token-ids.ts';
import { openTokenizer, type Tokenizer } from './tokens/tokenizer.ts';

/** What answers: a checkpoint, or a server. */
export type ModelSource =
  | {
      readonly kind: 'checkpoint';
      readonly checkpoint: string;
      /** Base weights of an adapter. */
      readonly reference?: string | undefined;
      readonly device: DeviceChoice;
      readonly batchBytes?: number | undefined;
    }
  | {
      readonly kind: 'endpoint';
      readonly endpoint: string;
      readonly model: string;
      readonly apiKey?: string | undefined;
      /** Directory of the tokenizer, so that texts are encoded here; without it, by the server. */
      readonly tokenizer?: string | undefined;
      readonly maxLength?: number | undefined;
    };

export interface ModelResult<T> {
  readonly answers: readonly T[];
  /** What answered, and why that. */
  readonly by: string;
  /** Requests, as `FILE:12`, that were cut on the left to fit the model. */
  readonly truncated: readonly string[];
}

/** Score every request of a JSONL file. @throws UserError, and nothing is half-answered */
export async function scoreFile(subject: ModelSource, file: string): Promise<ModelResult<ScoreAnswer>> {
  const requests = await readScoreRequests(file);
  return withModel(subject, { needsTokenizer: requests.some(needsTokenizer), now: new Date() }, async (answerer) => {
    const truncated: string[] = [];
    const answers = await answerer.score(requests, (where) => truncated.push(where));
    return { answers, by: answerer.by, truncated };
  });
}

/** Continue every prompt of a JSONL file greedily. @throws UserError, and nothing is half-answered */
export async function generateFile(
  subject: ModelSource,
  file: string,
  now: Date,
): Promise<ModelResult<GenerateAnswer>> {
  const requests = await readGenerateRequests(file);
  return withModel(subject, { needsTokenizer: requests.some(needsTokenizer), now }, async (answerer) => {
    const truncated: string[] = [];
    const answers = await answerer.generate(requests, (where) => truncated.push(where));
    return { answers, by: answerer.by, truncated };
  });
}

/** A model that answers requests, wherever it runs. */
export interface Model {
  /** The longest input, in tokens. */
  readonly maxLength: number;
  /** Null where the server encodes the texts. */
  readonly tokenizer: Tokenizer | null;
  /** What answers, and why that. */
  readonly by: string;
  /** `cpu`, `cuda`, `webgpu`, or `endpoint`. */
  readonly device: string;
  /**
   * Told what will be asked, call by call, so that no answer depends on what was asked before. A server cannot promise it.
   * @param generate will anything have to be written?
   */
  prepare?(calls: Iterable<readonly ScoreRequest[]>, generate: boolean): Promise<void>;
  /**
   * In the order of the requests.
   * @param onTruncation told of each request that was cut on the left to fit the model
   */
  score(requests: readonly ScoreRequest[], onTruncation: (where: string) => void): Promise<ScoreAnswer[]>;
  generate(requests: readonly GenerateRequest[], onTruncation: (where: string) => void): Promise<GenerateAnswer[]>;
}

export interface ModelOptions {
  readonly needsTokenizer: boolean;
  /** The date that a chat template may write. */
  readonly now: Date;
}

/**
 * Open what answers, let it work, and close it again.
 * @throws UserError for a checkpoint, tokenizer, device or server that cannot answer
 */
export async function withModel<T>(
  subject: ModelSource,
  options: ModelOptions,
  work: (answerer: Model) => Promise<T>,
): Promise<T> {
  const opened = await open(subject, options.needsTokenizer);
  try {
    return await work(modelOf(opened, options.now));
  } finally {
    await opened.engine.close();
  }
}

function modelOf({ engine, remote, tokenizer, ids, by, device }: Opened, now: Date): Model {
  const byText = remote !== null && tokenizer === null ? remote : null;
  return {
    maxLength: engine.maxLength,
    tokenizer,
    by,
    device,
    ...(remote
      ? {}
      : { prepare: (calls, generate) => prepareScoring(calls, generate, engine, tokenizer, ids.prefixTokenId) }),
    score: (requests, onTruncation) =>
      byText
        ? scoreRequestsByText(requests, byText, (own) => scoreRequests(own, engine, null, null, { onTruncation }))
        : scoreRequests(requests, engine, tokenizer, ids.prefixTokenId, { onTruncation }),
    generate: (requests, onTruncation) =>
      byText
        ? continuePromptsByText(requests, byText)
        : continuePrompts(requests, engine, tokenizer, { ...ids, now, onTruncation }),
  };
}

interface Opened {
  readonly engine: Engine;
  readonly remote: RemoteEngine | null;
  readonly tokenizer: Tokenizer | null;
  readonly ids: ModelTokenIds;
  readonly by: string;
  readonly device: string;
}

const NO_IDS: ModelTokenIds = { bosId: null, eosIds: new Set(), prefixTokenId: null };

async function open(subject: ModelSource, needs: boolean): Promise<Opened> {
  if (subject.kind === 'checkpoint') {
    const model = await openModel(subject.checkpoint, { ...subject, needsTokenizer: needs });
    const { name, reason } = model.device;
    return { ...model, remote: null, by: `on ${name} (${reason})`, device: name };
  }
  const tokenizer = subject.tokenizer === undefined ? null : await openTokenizer(subject.tokenizer);
  const remote = await openRemoteEngine(subject);
  return {
    engine: remote,
    remote,
    tokenizer,
    ids: tokenizer ?? NO_IDS,
    by: `by ${subject.model} at its endpoint`,
    device: 'endpoint',
  };
}
