import type { DeviceChoice } from '../onnx/device.ts';
import type { Engine } from './engine.ts';
import { answerPrompts, type GenerateAnswer } from './generation.ts';
import { answerRequests, type ScoreAnswer } from './loglikelihood.ts';
import { openModel } from './open-model.ts';
import { answerPromptsByText, answerRequestsByText } from './remote/remote-answers.ts';
import { openRemoteEngine, type RemoteEngine } from './remote/remote-engine.ts';
import { needsTokenizer, readGenerateRequests, readScoreRequests } from './requests.ts';
import type { ModelTokenIds } from './tokens/model-token-ids.ts';
import { openTokenizer, type Tokenizer } from './tokens/tokenizer.ts';

/** What answers: a checkpoint, or a server. */
export type Subject =
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

export interface Answers<T> {
  readonly answers: readonly T[];
  /** What answered, and why that. */
  readonly by: string;
  /** Requests, as `FILE:12`, that were cut on the left to fit the model. */
  readonly truncated: readonly string[];
}

/** Score every request of a JSONL file. @throws UserError, and nothing is half-answered */
export async function scoreFile(subject: Subject, file: string): Promise<Answers<ScoreAnswer>> {
  const requests = await readScoreRequests(file);
  const truncated: string[] = [];
  const onTruncation = (where: string) => truncated.push(where);
  return withEngine(subject, requests.some(needsTokenizer), async ({ engine, remote, tokenizer, ids, by }) => {
    const byText = remote !== null && tokenizer === null;
    const answers = byText
      ? await answerRequestsByText(requests, remote, (own) => answerRequests(own, engine, null, null, { onTruncation }))
      : await answerRequests(requests, engine, tokenizer, ids.prefixTokenId, { onTruncation });
    return { answers, by, truncated };
  });
}

/** Continue every prompt of a JSONL file greedily. @throws UserError, and nothing is half-answered */
export async function generateFile(subject: Subject, file: string, now: Date): Promise<Answers<GenerateAnswer>> {
  const requests = await readGenerateRequests(file);
  const truncated: string[] = [];
  return withEngine(subject, requests.some(needsTokenizer), async ({ engine, remote, tokenizer, ids, by }) => {
    const options = { ...ids, now, onTruncation: (where: string) => truncated.push(where) };
    const byText = remote !== null && tokenizer === null;
    const answers = byText
      ? await answerPromptsByText(requests, remote)
      : await answerPrompts(requests, engine, tokenizer, options);
    return { answers, by, truncated };
  });
}

interface Opened {
  readonly engine: Engine;
  readonly remote: RemoteEngine | null;
  readonly tokenizer: Tokenizer | null;
  readonly ids: ModelTokenIds;
  readonly by: string;
}

async function withEngine<T>(subject: Subject, needs: boolean, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await open(subject, needs);
  try {
    return await work(opened);
  } finally {
    await opened.engine.close();
  }
}

const NO_IDS: ModelTokenIds = { bosId: null, eosIds: new Set(), prefixTokenId: null };

async function open(subject: Subject, needs: boolean): Promise<Opened> {
  if (subject.kind === 'checkpoint') {
    const model = await openModel(subject.checkpoint, { ...subject, needsTokenizer: needs });
    return { ...model, remote: null, by: `on ${model.device.name} (${model.device.reason})` };
  }
  const tokenizer = subject.tokenizer === undefined ? null : await openTokenizer(subject.tokenizer);
  const remote = await openRemoteEngine(subject);
  return { engine: remote, remote, tokenizer, ids: tokenizer ?? NO_IDS, by: `by ${subject.model} at its endpoint` };
}
