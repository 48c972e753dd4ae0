import { whileUnchanged } from '../checkpoint/expect-unchanged.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { KeyValueStore } from '../platform/key-value-store.ts';
import type { OnInterruption, OnProgress } from '../platform/progress.ts';
import { withInterruptions } from '../platform/progress.ts';
import type { Engine, OnWork } from './engine.ts';
import { continuePrompts, type GenerateAnswer } from './generate.ts';
import { type CheckpointSource, openModel } from './open-model.ts';
import { explainOutOfMemory } from './out-of-memory.ts';
import type { Precision } from './precision.ts';
import { continuePromptsByText, scoreRequestsByText } from './remote/remote-answers.ts';
import { openRemoteEngine, type RemoteEngine, type RemoteUsage, type ServedIdentity } from './remote/remote-engine.ts';
import {
  type GenerateRequest,
  needsTokenizer,
  readGenerateRequests,
  readScoreRequests,
  type ScoreRequest,
} from './requests.ts';
import { prepareScoring, type ScoreAnswer, scoreRequests } from './score.ts';
import type { ModelTokenIds } from './tokens/model-token-ids.ts';
import { openTokenizer } from './tokens/open-tokenizer.ts';
import type { Tokenizer } from './tokens/tokenizer.ts';

/** A model at a server. */
export interface EndpointSource {
  readonly kind: 'endpoint';
  readonly endpoint: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  /** Directory of the tokenizer, to encode texts here; without it, the server encodes them. */
  readonly tokenizer?: string | undefined;
  readonly maxLength?: number | undefined;
  /** Requests at the same time. */
  readonly concurrency?: number | undefined;
  /** For one request, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Where answers are kept between runs. */
  readonly answers?: KeyValueStore | undefined;
  /** Ask fixed prompts first and last: a server that contradicts itself is an error. */
  readonly isExamined?: boolean | undefined;
}

/** The model that answers requests: an opened checkpoint, or a server. */
export type ModelSource = CheckpointSource | EndpointSource;

export interface ModelResult<T> {
  readonly answers: readonly T[];
  /** The device or the server that answered, and why. */
  readonly by: string;
  /** Requests, as `FILE:12`, that were cut on the left to fit the model. */
  readonly truncated: readonly string[];
}

/** Score every request of a JSONL file. @throws UserError if any of them cannot be scored */
export async function scoreFile(
  source: ModelSource,
  file: string,
  onProgress?: OnProgress,
): Promise<ModelResult<ScoreAnswer>> {
  const requests = await readScoreRequests(file);
  const { report, interrupt: onOpening } = withInterruptions(onProgress);
  const options = { needsTokenizer: requests.some(needsTokenizer), now: new Date(), onOpening };
  return withModel(source, options, async (model) => {
    const truncated: string[] = [];
    const onWork = workOf('scoring', requests.length, report);
    const answers = await model.score(requests, (where) => truncated.push(where), onWork);
    return { answers, by: model.by, truncated };
  });
}

/** The progress of one call with all requests. */
function workOf(phase: 'scoring' | 'generating', total: number, report: OnProgress): OnWork {
  report({ phase, done: 0, total });
  return (share) => report({ phase, done: share * total, total });
}

/** Continue every prompt of a JSONL file greedily. @throws UserError if any of them cannot be continued */
export async function generateFile(
  source: ModelSource,
  file: string,
  { now, onProgress }: { readonly now: Date; readonly onProgress?: OnProgress | undefined },
): Promise<ModelResult<GenerateAnswer>> {
  const requests = await readGenerateRequests(file);
  const { report, interrupt: onOpening } = withInterruptions(onProgress);
  return withModel(source, { needsTokenizer: requests.some(needsTokenizer), now, onOpening }, async (model) => {
    const truncated: string[] = [];
    const onWork = workOf('generating', requests.length, report);
    const answers = await model.generate(requests, (where) => truncated.push(where), onWork);
    return { answers, by: model.by, truncated };
  });
}

/** A model that answers requests, on this machine or at a server. */
export interface Model {
  /** The longest input, in tokens. */
  readonly maxLength: number;
  /** Null if the server encodes the texts. */
  readonly tokenizer: Tokenizer | null;
  /** The device or the server that answers, and why. */
  readonly by: string;
  /** `cpu`, `cuda`, `webgpu`, or `endpoint`. */
  readonly device: string;
  /** Null: a server does not say. */
  readonly precision: Precision | null;
  /** What the server was asked so far; absent on this machine. */
  readonly usage?: () => RemoteUsage;
  /** What the server is, if it is examined; absent on this machine. */
  readonly served?: ServedIdentity | null;
  /**
   * Announce all calls that follow, so that no answer depends on the calls before it. A server cannot guarantee that.
   */
  prepare?(calls: ModelCalls): Promise<void>;
  /**
   * In the order of the requests.
   * @param onTruncation receives each request that was cut on the left to fit the model
   */
  score(
    requests: readonly ScoreRequest[],
    onTruncation: (where: string) => void,
    onWork?: OnWork,
  ): Promise<ScoreAnswer[]>;
  generate(
    requests: readonly GenerateRequest[],
    onTruncation: (where: string) => void,
    onWork?: OnWork,
  ): Promise<GenerateAnswer[]>;
}

export interface ModelCalls {
  /** The requests of each call to `score`. */
  readonly score: Iterable<readonly ScoreRequest[]>;
  /** Will `generate` be called? */
  readonly generate: boolean;
}

export interface ModelOptions {
  readonly needsTokenizer: boolean;
  /** The date that a chat template can write. */
  readonly now: Date;
  /** Told of downloads and of loading, which can come in the middle of a call. */
  readonly onOpening?: OnInterruption | undefined;
}

/**
 * Open a model, let it work, and close it.
 * @throws UserError for a checkpoint, tokenizer, device or server that cannot answer
 */
export async function withModel<T>(
  source: ModelSource,
  options: ModelOptions,
  work: (model: Model) => Promise<T>,
): Promise<T> {
  try {
    return await whileUnchanged(weightsOf(source), async () => {
      const opened = await open(source, options);
      try {
        const result = await work(modelOf(opened, options));
        await opened.remote?.finish();
        return result;
      } finally {
        await Promise.all([opened.tokenizer?.close?.(), opened.engine.close()]);
      }
    });
  } catch (error) {
    throw explainOutOfMemory(error);
  }
}

/** The checkpoints whose files are mapped while the model works. */
function weightsOf(source: ModelSource): Array<{ readonly checkpoint: Checkpoint }> {
  if (source.kind === 'endpoint') return [];
  return [source.checkpoint, source.reference].flatMap((checkpoint) => (checkpoint ? [{ checkpoint }] : []));
}

function modelOf({ engine, remote, tokenizer, ids, by, device, precision }: Opened, { now }: ModelOptions): Model {
  const byText = remote !== null && tokenizer === null ? remote : null;
  const encoding = { tokenizer, prefixTokenId: ids.prefixTokenId };
  return {
    maxLength: engine.maxLength,
    tokenizer,
    by,
    device,
    precision,
    ...(remote
      ? { usage: () => remote.usage, served: remote.served }
      : { prepare: (calls) => prepareScoring(calls, engine, encoding) }),
    score: (requests, onTruncation, onWork) =>
      byText
        ? scoreRequestsByText(
            requests,
            byText,
            (inIds, work) =>
              scoreRequests(inIds, engine, { tokenizer: null, prefixTokenId: null, onTruncation, onWork: work }),
            onWork,
          )
        : scoreRequests(requests, engine, { ...encoding, onTruncation, onWork }),
    generate: (requests, onTruncation, onWork) =>
      byText
        ? continuePromptsByText(requests, byText, onWork)
        : continuePrompts(requests, engine, { tokenizer, ...ids, now, onTruncation, onWork }),
  };
}

interface Opened {
  readonly engine: Engine;
  readonly remote: RemoteEngine | null;
  readonly tokenizer: Tokenizer | null;
  readonly ids: ModelTokenIds;
  readonly by: string;
  readonly device: string;
  readonly precision: Precision | null;
}

const NO_IDS: ModelTokenIds = { bosId: null, eosIds: new Set(), prefixTokenId: null };

async function open(source: ModelSource, options: ModelOptions): Promise<Opened> {
  if (source.kind === 'checkpoint') {
    const model = await openModel(source, options);
    const { name, reason, isOrdinary = false } = model.device;
    const by = isOrdinary ? `on ${name}` : `on ${name} (${reason})`;
    return { ...model, remote: null, by, device: name, precision: model.engine.precision };
  }
  options.onOpening?.({ phase: 'connecting' });
  const tokenizer = source.tokenizer === undefined ? null : await openTokenizer(source.tokenizer);
  const remote = await openRemoteEngine(source).catch(async (error: unknown) => {
    await tokenizer?.close?.();
    throw error;
  });
  return {
    engine: remote,
    remote,
    tokenizer,
    ids: tokenizer ?? NO_IDS,
    by: `by ${source.model} at its endpoint`,
    device: 'endpoint',
    precision: null,
  };
}
