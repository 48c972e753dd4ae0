import { answerKind, itemChance } from '../item.ts';
import type { Outcome } from '../outcome.ts';
import { rightAnswerText } from './hidden-texts.ts';
import { KEPT_CHARACTERS } from './item-table.ts';
import type { ProbeItemMeasurement } from './schema.ts';

/** float32 logits have about seven digits; further digits differ between machines. No −0, which JSON does not have. */
const round = (value: number): number => Math.round(value * 1e4) / 1e4 + 0;

/** Above 0 by the last bit. */
const roundLogprob = (value: number): number => Math.min(0, round(value));

function roundLikelihood({ logprob, bytes, scaled, among }: NonNullable<Outcome['likelihood']>) {
  return {
    logprob: round(logprob),
    bytes,
    ...(scaled === undefined ? {} : { scaled: scaled.map(roundLogprob) }),
    ...(among === undefined
      ? {}
      : { among: { logprob: roundLogprob(among.logprob), scaled: among.scaled.map(roundLogprob) } }),
  };
}

/** An item and how it was answered, as a measurement has it. */
export function measuredItem(
  {
    item,
    correct,
    given,
    margin,
    probability,
    logprobs,
    scaledLogprobs,
    lengths,
    likelihood,
    samples,
    reading,
    spelling,
    tokens,
  }: Outcome,
  suite: string,
): ProbeItemMeasurement {
  const { id, fact, capability, family, cluster, passage, form, kind, oldLabel, oldLabels, level } = item;
  return {
    suite,
    id,
    fact,
    capability,
    family,
    cluster,
    ...(passage === undefined ? {} : { passage }),
    form,
    prompt: item.prompt.slice(0, KEPT_CHARACTERS),
    right: rightAnswerText(item),
    given: given.slice(0, KEPT_CHARACTERS),
    correct,
    chance: round(itemChance(item)),
    margin: round(margin),
    probability: probability === null ? null : round(probability),
    logprobs: logprobs === null ? null : logprobs.map(round),
    ...(scaledLogprobs === undefined ? {} : { scaledLogprobs: scaledLogprobs.map((own) => own.map(roundLogprob)) }),
    ...(lengths === null ? {} : { lengths: [...lengths] }),
    ...(likelihood === null ? {} : { likelihood: roundLikelihood(likelihood) }),
    ...(samples === undefined ? {} : { samples }),
    ...(kind === undefined ? {} : { kind }),
    answers: answerKind(item),
    ...(oldLabel === undefined ? {} : { oldLabel }),
    ...(oldLabels === undefined ? {} : { oldLabels }),
    ...(level === undefined ? {} : { level }),
    ...(reading === undefined ? {} : { reading: { ...reading, logprob: round(reading.logprob) } }),
    ...(spelling === undefined ? {} : { spelling }),
    ...(tokens === undefined ? {} : { tokens }),
  };
}
