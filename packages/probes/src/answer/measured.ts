import { given } from '@shadow-gate/platform';
import { answerKind, itemChance, rightAnswerText } from '../item.ts';
import type { Outcome } from '../outcome.ts';
import { areLevelsChosen, type Suite } from '../suite.ts';
import { KEPT_CHARACTERS } from './item-table.ts';
import type { AnswerLikelihood, ProbeItemMeasurement, SuiteMeasurement } from './schema.ts';

/** float32 logits have about seven digits; further digits differ between machines. JSON has no −0. */
const round = (value: number): number => Math.round(value * 1e4) / 1e4 + 0;

/** A log-probability can be above 0 by the last bit. */
const roundLogprob = (value: number): number => Math.min(0, round(value));

const roundLikelihood = ({ logprob, bytes, scaled, among }: AnswerLikelihood) => ({
  logprob: round(logprob),
  bytes,
  ...given({
    scaled: scaled?.map(roundLogprob),
    among: among && { logprob: roundLogprob(among.logprob), scaled: among.scaled.map(roundLogprob) },
  }),
});

/** An item and its answer for a measurement: numbers rounded, long texts cut. */
export function measuredItem({ item, ...answer }: Outcome, suite: string): ProbeItemMeasurement {
  const { question: _, verbatim: __, ...asked } = item;
  const { margin, probability, logprobs, scaledLogprobs, lengths, likelihood, reading, ...rest } = answer;
  return {
    suite,
    ...asked,
    prompt: item.prompt.slice(0, KEPT_CHARACTERS),
    right: rightAnswerText(item),
    chance: round(itemChance(item)),
    answers: answerKind(item),
    ...rest,
    given: answer.given.slice(0, KEPT_CHARACTERS),
    margin: round(margin),
    probability: probability && round(probability),
    logprobs: logprobs === null ? null : logprobs.map(round),
    ...given({
      scaledLogprobs: scaledLogprobs?.map((own) => own.map(roundLogprob)),
      lengths: lengths && [...lengths],
      likelihood: likelihood && roundLikelihood(likelihood),
      reading: reading && { ...reading, logprob: round(reading.logprob) },
    }),
  };
}

export function measuredSuite(suite: Suite): SuiteMeasurement {
  const { name, version, digest, seed, size, facts, twinsOf, role, chatTemplate, sampling, source } = suite;
  const { texts, levels } = suite;
  const own = { name, version, digest, seed, items: size };
  const asked = levels && areLevelsChosen(levels) ? levels : undefined;
  return {
    ...own,
    ...given({ facts, twinsOf, role, chatTemplate, sampling, source }),
    ...(texts === undefined ? {} : texts.kept ? { textKey: texts.key } : { texts: 'hashed' }),
    ...given({ levels: asked?.map((level) => ({ ...level, asked: [...level.asked] })) }),
  };
}
