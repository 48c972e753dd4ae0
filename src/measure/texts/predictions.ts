import type { ScoreAnswer } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { type Predictions, surpriseOf } from '@shadow-gate/probes/answer';

/** Approximate number of places with a list of tokens: enough for a divergence to 3%, and some 400 KB. */
const MOST_LISTED = 2000;

/** The most likely tokens of a list have this much probability together, if 32 of them do. */
const LISTED_PROBABILITY = 0.95;

/** Smaller than any rounded number. */
const NOTHING = 1e-12;

/** The model's expectations, as a measurement keeps them; null if the engine does not know them for every text. */
export function packPredictions(answers: readonly ScoreAnswer[]): Predictions | null {
  const listed: Predictions['listed'] = { texts: 0, known: [], tokens: [], surprises: [], rest: [] };
  const packed: Predictions = { own: [], best: [], listed };
  for (const { predictions, token_logprobs: logprobs } of answers) {
    if (predictions === undefined) return null;
    const isListed = packed.own.length === listed.known.length && listed.known.length < MOST_LISTED;
    if (isListed) listed.texts += 1;
    for (const [i, prediction] of predictions.entries()) {
      packed.own.push(surpriseOf(at(logprobs, i)));
      packed.best.push(at(prediction.tokens, 0));
      if (isListed) list(prediction, listed);
    }
  }
  return packed.own.length === 0 ? null : packed;
}

function list({ tokens, logprobs }: Prediction, listed: Predictions['listed']): void {
  let probability = 0;
  let known = 0;
  while (known < tokens.length && probability < LISTED_PROBABILITY) {
    listed.tokens.push(at(tokens, known));
    listed.surprises.push(surpriseOf(at(logprobs, known)));
    probability += Math.exp(at(logprobs, known));
    known += 1;
  }
  listed.known.push(known);
  listed.rest.push(surpriseOf(Math.log(Math.max(NOTHING, 1 - probability))));
}

type Prediction = NonNullable<ScoreAnswer['predictions']>[number];
