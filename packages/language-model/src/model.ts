import { type Checkpoint, whileUnchanged } from '@shadow-gate/checkpoints';
import { given, isOutOfMemory, UserError } from '@shadow-gate/platform';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import type { OnInterruption } from '@shadow-gate/platform/progress';
import type { Engine, OnWork } from './engine.ts';
import type { Execution, PassCost } from './execution.ts';
import { continuePrompts, type GenerateAnswer } from './generate.ts';
import { type CheckpointSource, type OutlinedModel, openEngine, outlineModel } from './open-model.ts';
import type { ModelPrecision } from './precision.ts';
import { continuePromptsByText, scoreRequestsByText } from './remote/remote-answers.ts';
import { openRemoteEngine, type RemoteEngine, type RemoteUsage, type ServedIdentity } from './remote/remote-engine.ts';
import type { GenerateRequest, ScoreRequest } from './requests.ts';
import { prepareScoring, type ScoreAnswer, scoreRequests } from './score.ts';
import type { ModelTokenIds } from './tokens/model-token-ids.ts';
import { requireTokenizer } from './tokens/open-tokenizer.ts';
import { openTokenPlace, type TokenPlace } from './tokens/token-place.ts';
import type { Tokenizer } from './tokens/tokenizer.ts';

/** A model at a server. */
export interface EndpointSource {
  readonly kind: 'endpoint';
  readonly endpoint: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  /** Directory of the tokenizer that encodes texts here; without it, the server encodes them. */
  readonly tokenizer?: string | undefined;
  /** An opened checkpoint's tokenizer, if no directory is given. */
  readonly tokens?: TokenPlace | undefined;
  readonly maxLength?: number | undefined;
  readonly concurrency?: number | undefined;
  /** In milliseconds, for one request. */
  readonly timeout?: number | undefined;
  readonly answers?: KeyValueStore | undefined;
  /** Ask fixed prompts first and last: it is an error if the server contradicts itself. */
  readonly isExamined?: boolean | undefined;
}

export type ModelSource = CheckpointSource | EndpointSource;

/** A model that answers requests. */
export interface Model {
  readonly maxLength: number;
  /** Token ids are below it, if it is known. */
  readonly vocabulary?: number | undefined;
  /** Null: the server encodes texts. */
  readonly tokenizer: Tokenizer | null;
  /** The device or server that answers, and why. */
  readonly by: string;
  /** `cpu`, `cuda`, `webgpu`, or `endpoint`. */
  readonly device: string;
  /** Null: a server does not say. */
  readonly precision: ModelPrecision | null;
  /** Null: a server does not say. */
  readonly execution: Execution | null;
  /** Cost of a pass over all weights; absent unless layers are loaded one by one. */
  readonly passCost?: () => Promise<PassCost>;
  /** Requests to the server so far. */
  readonly usage?: () => RemoteUsage;
  /** Can texts be scored from their first token on? Absent: yes. */
  readonly scoresTexts?: boolean;
  /** Different tokens that it has read so far; absent if a server encodes texts. */
  readonly tokensRead?: () => number;
  /** Identity of an examined server. */
  readonly served?: ServedIdentity | null;
  /** Announce all calls, so that no answer depends on earlier ones. A server cannot guarantee that. */
  prepare?(calls: ModelCalls): Promise<void>;
  /** In the order of the requests. `onTruncation` receives those that were cut on the left to fit the model. */
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

interface ModelCalls {
  /** The requests of each call to `score`. */
  readonly score: Iterable<readonly ScoreRequest[]>;
  readonly generate: boolean;
}

interface ModelOptions {
  readonly needsTokenizer: boolean;
  /** Told of downloads and loading, which can come during a call. */
  readonly onOpening?: OnInterruption | undefined;
}

/** A model before its weights are read. */
export interface ModelOutline extends OutlinedModel {
  /** A server that encodes texts itself. */
  readonly byText: RemoteEngine | null;
  load(): Promise<LoadedEngine>;
}

export interface LoadedEngine extends Pick<Model, 'by' | 'device' | 'precision' | 'execution' | 'passCost'> {
  readonly engine: Engine;
  /** Null on this machine. */
  readonly remote: RemoteEngine | null;
}

/**
 * Open a model, let it work, and close it.
 * @param options.now the date that a chat template can write
 * @param options.beforeLoading looks at the tokenizer, to throw what need not wait for the weights
 * @throws UserError for a checkpoint, tokenizer, device or server that cannot answer
 */
export async function withModel<T>(
  source: ModelSource,
  {
    now,
    beforeLoading,
    ...options
  }: ModelOptions & { readonly now: Date; readonly beforeLoading?: (tokenizer: Tokenizer | null) => void },
  work: (model: Model) => Promise<T>,
): Promise<T> {
  return withOutline(source, options, async (outline) => {
    beforeLoading?.(outline.tokenizer);
    return work(modelOf(outline, await outline.load(), now));
  });
}

/**
 * Open what is known of a model without its weights, let it work, and close it.
 * @throws UserError for a checkpoint, tokenizer, device or server that cannot answer
 */
export async function withOutline<T>(
  source: ModelSource,
  options: ModelOptions,
  work: (outline: ModelOutline) => Promise<T>,
): Promise<T> {
  try {
    return await whileUnchanged(weightsOf(source), async () => {
      const outline = await outlineOf(source, options);
      let loaded: LoadedEngine | null = null;
      try {
        const load = async () => {
          loaded ??= await outline.load();
          return loaded;
        };
        const result = await work({ ...outline, load });
        await finish(loaded);
        return result;
      } finally {
        await Promise.all([outline.tokenizer?.close?.(), close(loaded)]);
      }
    });
  } catch (error) {
    throw explainOutOfMemory(error);
  }
}

const finish = (loaded: LoadedEngine | null) => loaded?.remote?.finish();
const close = (loaded: LoadedEngine | null) => loaded?.engine.close();

/** Their files are mapped while the model works. */
function weightsOf(source: ModelSource): Array<{ readonly checkpoint: Checkpoint }> {
  if (source.kind === 'endpoint') return [];
  return [source.checkpoint, source.reference].flatMap((checkpoint) => (checkpoint ? [{ checkpoint }] : []));
}

function modelOf({ tokenizer, ids, byText }: ModelOutline, loaded: LoadedEngine, now: Date): Model {
  const { remote, by, device, execution, passCost } = loaded;
  const { engine, tokensRead } = countingTokens(loaded.engine);
  const encoding = { tokenizer, prefixTokenId: ids.prefixTokenId };
  return {
    maxLength: engine.maxLength,
    vocabulary: engine.vocabulary,
    tokenizer,
    by,
    device,
    get precision() {
      return loaded.precision;
    },
    execution,
    ...(passCost && { passCost }),
    ...(byText ? {} : { tokensRead }),
    ...(remote
      ? { usage: () => remote.usage, served: remote.served, scoresTexts: remote.scoresTexts }
      : { prepare: (calls) => prepareScoring(calls, engine, encoding) }),
    score: (requests, onTruncation, onWork) =>
      byText
        ? scoreRequestsByText(requests, byText, { onTruncation, onWork })
        : scoreRequests(requests, engine, { ...encoding, onTruncation, onWork }),
    generate: (requests, onTruncation, onWork) =>
      byText
        ? continuePromptsByText(requests, byText, { onWork })
        : continuePrompts(requests, engine, { tokenizer, ...ids, now, onTruncation, onWork }),
  };
}

/** An engine, and how many different tokens it was given. */
function countingTokens(engine: Engine): { readonly engine: Engine; readonly tokensRead: () => number } {
  const known = new Set<number>();
  const read = (tokens: readonly number[]) => {
    for (const token of tokens) known.add(token);
  };
  const counting: Engine = {
    maxLength: engine.maxLength,
    ...given({ vocabulary: engine.vocabulary }),
    prepare: async (calls) => engine.prepare?.(calls),
    score: (sequences, onWork) => {
      for (const { context, continuation } of sequences) [context, continuation].forEach(read);
      return engine.score(sequences, onWork);
    },
    generate: async (prompts, onWork) => {
      for (const { tokens } of prompts) read(tokens);
      const continuations = await engine.generate(prompts, onWork);
      for (const { tokens } of continuations) read(tokens);
      return continuations;
    },
    close: () => engine.close(),
  };
  return { engine: counting, tokensRead: () => known.size };
}

const NO_IDS: ModelTokenIds = { bosId: null, eosIds: new Set(), prefixTokenId: null };

async function outlineOf(source: ModelSource, options: ModelOptions): Promise<ModelOutline> {
  if (source.kind === 'checkpoint') {
    return {
      ...(await outlineModel(source, options)),
      byText: null,
      load: async () => {
        const engine = await openEngine(source, options.onOpening);
        const { name, reason, isOrdinary = false } = engine.device;
        const { execution } = engine;
        const way = execution === 'whole' ? '' : `, ${execution}`;
        return {
          engine,
          remote: null,
          by: `on ${name}${isOrdinary ? '' : ` (${reason})`}${way}`,
          device: name,
          get precision() {
            return engine.precision;
          },
          execution,
          ...(execution === 'whole' ? {} : { passCost: () => engine.passCost() }),
        };
      },
    };
  }
  options.onOpening?.({ phase: 'connecting' });
  const place = source.tokenizer === undefined ? source.tokens : await openTokenPlace(source.tokenizer);
  const tokenizer = place ? await requireTokenizer(place) : null;
  const remote = await openRemoteEngine(source).catch(async (error: unknown) => {
    await tokenizer?.close?.();
    throw error;
  });
  const by = `by ${source.model} at its endpoint`;
  return {
    limits: remote,
    tokenizer,
    ids: tokenizer ?? NO_IDS,
    byText: tokenizer === null ? remote : null,
    load: async () => ({ engine: remote, remote, by, device: 'endpoint', precision: null, execution: null }),
  };
}

/** V8's error for too large an array. */
const TOO_LARGE = /invalid (typed )?array (buffer )?length/i;

/**
 * Not a bug: another machine can run the model. onnxruntime's message has the requested size.
 * @returns any other error as it is
 */
export function explainOutOfMemory(error: unknown): unknown {
  if (!(error instanceof Error) || !(isOutOfMemory(error) || TOO_LARGE.test(error.message))) return error;
  const [line = ''] = error.message.split('\n');
  return new UserError(
    `the model does not fit into the memory of this machine (${line.slice(0, 200)})`,
    'use a runner with more memory, or a server (--endpoint)',
    { code: 'not-enough-memory' },
  );
}
