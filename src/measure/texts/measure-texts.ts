import type { Model, ScoreAnswer, ScoreRequest } from '@shadow-gate/language-model';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { type ErrorCode, UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { sharesText, type TextSuiteMeasurement, withoutQuotes } from '@shadow-gate/probes/answer';
import type { PlainText, TextSuite } from '@shadow-gate/probes/texts';
import { roundNumber } from '../round.ts';
import { packPredictions } from './predictions.ts';

/**
 * Bytes of the texts of one call, some 600 tokens. Texts of one call are branches of a tree from the same first token,
 * in which every token looks at all others: that takes longer than it saves.
 */
const CALL_BYTES = 2400;

/** Errors about the model or its server rather than these texts: then it cannot be asked either. */
const OF_MODEL: ReadonlySet<ErrorCode> = new Set([
  'unsupported-model',
  'not-finite',
  'not-enough-memory',
  'no-device',
  'server',
  'untrusted-server',
]);

/** Is an error about the model or its server, so that nothing else can be asked of it? */
export const isOfModel = ({ code }: UserError): boolean => code !== null && OF_MODEL.has(code);

export function textCalls(suites: readonly TextSuite[], model: Pick<Model, 'execution'>): ScoreRequest[][] {
  return suites.flatMap((suite) => callsOf(suite, model).map((texts) => texts.map((text) => requestOf(suite, text))));
}

/**
 * How likely texts are to a model, from their first token on. A text too long for it is cut: its beginning is scored. A
 * suite that cannot be scored is left out with the reason: texts never decide a verdict.
 * @throws UserError for a model that cannot be asked at all
 */
export async function measureTexts(suites: readonly TextSuite[], model: Model): Promise<TextSuiteMeasurement[]> {
  const measured: TextSuiteMeasurement[] = [];
  for (const suite of suites) measured.push(await measureSuite(suite, model));
  return measured;
}

async function measureSuite(suite: TextSuite, model: Model): Promise<TextSuiteMeasurement> {
  const { name, digest, size, texts, kept } = suite;
  const identity = { name, digest, seed: null, size };
  const answers = new Map<string | number, ScoreAnswer>();
  try {
    expectScores(model);
    for (const call of textCalls([suite], model)) {
      for (const answer of await model.score(call, () => {})) answers.set(answer.id, answer);
    }
  } catch (error) {
    if (!(error instanceof UserError) || isOfModel(error)) throw error;
    return { ...identity, leftOut: reasonOf(error, suite), scores: { ids: [], bytes: [], tokens: [], logprobs: [] } };
  }
  const scored = texts.flatMap((text) => {
    const answer = answers.get(text.id);
    return answer && answer.token_logprobs.length > 0 ? [{ ...text, answer }] : [];
  });
  const tokens = scored.map(({ answer }) => answer.tokens ?? null);
  const scaled = scored.flatMap(({ answer }) =>
    answer.scaled === undefined ? [] : [answer.scaled.map((value) => Math.min(0, roundNumber(value)))],
  );
  const predictions = kept ? packPredictions(scored.map(({ answer }) => answer)) : null;
  return {
    ...identity,
    scores: {
      ids: scored.map(({ id }) => id),
      bytes: scored.map(({ text, answer }) => bytesOf(text, answer, model)),
      tokens: scored.map(({ answer }) => answer.token_logprobs.length),
      // Above 0 by the last bit.
      logprobs: scored.map(({ answer }) => Math.min(0, roundNumber(answer.logprob))),
      ...(scaled.length === scored.length && scaled.length > 0 ? { scaled } : {}),
    },
    ...(tokens.some((own) => own === null) ? {} : { encoding: `sha256:${sha256(JSON.stringify(tokens))}` }),
    ...(predictions === null ? {} : { predictions }),
  };
}

const requestOf = ({ name, kept }: TextSuite, { id, text }: PlainText): ScoreRequest => ({
  kind: 'rolling-text',
  id,
  where: `${name}, text ${id}`,
  text,
  isCut: true,
  isScaled: true,
  isPredicted: kept,
});

/**
 * Texts that begin alike share a call, which reads that part once. Layer by layer, each call reads all weights; a
 * server has its own batches.
 */
function callsOf(suite: TextSuite, { execution }: Pick<Model, 'execution'>): PlainText[][] {
  const texts = suite.texts.toSorted((a, b) => (a.text < b.text ? -1 : 1));
  if (execution === LAYER_BY_LAYER || execution === null) return [texts];
  const calls: PlainText[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    bytes += Buffer.byteLength(text.text);
    if (bytes > CALL_BYTES) {
      calls.push([]);
      bytes = Buffer.byteLength(text.text);
    }
    calls.at(-1)?.push(text);
  }
  return calls;
}

/** Bytes of the scored part: a text is cut at the context of the model. */
function bytesOf(text: string, { token_logprobs: { length }, tokens }: ScoreAnswer, model: Model): number {
  const isWhole = length < model.maxLength || tokens === undefined || model.tokenizer === null;
  const part = isWhole ? text : model.tokenizer.decode(tokens, { skipSpecialTokens: true });
  return Math.max(1, Math.min(Buffer.byteLength(part), Buffer.byteLength(text)));
}

/** @throws UserError for a server that gives no probabilities of a text */
export function expectScores({ scoresTexts = true }: Model): void {
  if (scoresTexts) return;
  throw new UserError('the server cannot be asked for the probabilities of a text', 'serve the model without adapters');
}

/** A tokenizer quotes what it cannot encode, and a server may repeat the question. */
function reasonOf({ problem }: UserError, { kept, texts }: TextSuite): string {
  if (kept) return problem;
  const hidden = withoutQuotes(problem);
  const secret = texts.map(({ text }) => text);
  return sharesText(hidden, secret) ? 'the reason has one of the texts in it, which must not be shown' : hidden;
}
