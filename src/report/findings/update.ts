import { MIN_SNR } from '@shadow-gate/spectra/rounding';
import type { FindingOf } from '../../compare/finding.ts';
import { metricPart } from '../text/metric-names.ts';
import { formatCount, formatInteger, formatLimit, formatNumber } from '../text/numbers.ts';
import { code, listedNames, phrase, term } from '../text/phrase.ts';
import { ifIntended, NOTHING_TO_DO } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const UPDATE_WORDS: TopicWords<
  'update-size' | 'reference-rounding' | 'ratio-missing' | 'nothing-trained' | 'only-head-trained'
> = {
  'update-size': {
    title: 'Update size',
    about: 'spectra',
    sentence: ({ level, candidate, alignment }) => {
      const reference = term('reference', 'reference');
      const size = phrase`The update is ${formatNumber(candidate)} times as large as the ${reference}`;
      if (alignment === null) {
        return level === 'info'
          ? phrase`${size}.`
          : phrase`${size}, and its weights could not be compared with it: check that the candidate was trained from it.`;
      }
      const cosine = phrase`cosine ${formatNumber(alignment.cosine)}, by chance up to ${formatNumber(alignment.chance)}`;
      return level === 'info'
        ? phrase`${size}, as after training from scratch: the weights still point where they started (${cosine}).`
        : phrase`${size}, and the weights point elsewhere (${cosine}): the reference is not the model that the candidate was trained from.`;
    },
    row: ({ candidate, limit }) => ({ candidate: formatNumber(candidate), limit: formatLimit(limit) }),
    steps: () => [
      phrase`Give the model that the candidate was trained from as ${code('--reference')}, at the right revision.`,
    ],
  },
  'reference-rounding': {
    title: 'Rounding of the reference',
    about: 'itself',
    sentence: ({ effect, formats, matrices, all }) => {
      const subject = phrase`The update of ${formatInteger(matrices)} of ${formatCount(all, 'matrix', 'matrices')} from quantized weights`;
      const of = formats.length === 0 ? phrase`a quantized format` : listedNames(formats);
      const rounding = phrase`the rounding of the ${term('reference', 'reference')}, which is stored in ${of}`;
      return effect === 'exact'
        ? phrase`${subject} is smaller than ${rounding}. It is measured: it starts from the quantized numbers themselves.`
        : phrase`${subject} cannot be told from ${rounding} (snr < ${String(MIN_SNR)}): not judged.`;
    },
    steps: ({ effect }) => [
      effect === 'exact'
        ? NOTHING_TO_DO
        : phrase`Give the weights before they were quantized as ${code('--reference')}, or the adapter itself as ${code('--checkpoint')}: its update is exact.`,
    ],
  },
  'ratio-missing': {
    title: 'No MLP ÷ attention ratio',
    about: 'spectra',
    isGap: true,
    sentence: ({ level, side, cause, isReplaced }) => {
      const fact = phrase`The ${side} has no ${metricPart('mlpAttentionRatio')}: ${ratioCause(cause)}.`;
      if (isReplaced) return phrase`${fact} The rules for low-rank updates judge it instead.`;
      return level === 'inconclusive'
        ? phrase`${fact} See "LoRA" in docs/reference/policy.md for rules that judge such updates.`
        : fact;
    },
    steps: ({ cause }) => [
      cause.kind === 'saturated'
        ? phrase`Judge a low-rank update by its own rules: see "LoRA" in docs/reference/policy.md.`
        : cause.belowNoise > 0
          ? phrase`Save the checkpoint in float32, so that its update is not lost in rounding.`
          : phrase`Add rules to the policy for the modules that were trained: see "LoRA" in docs/reference/policy.md.`,
    ],
  },
  'nothing-trained': {
    title: 'Nothing trained',
    about: 'itself',
    sentence: ({ against, matrices, isAdapter, isIdentical }) => {
      const other = term(against, against);
      if (isIdentical && against === 'baseline')
        return phrase`The candidate has the weights of the ${other}: not a byte of them differs.`;
      if (isIdentical) return phrase`Nothing was trained: the candidate is the ${other} itself.`;
      if (isAdapter && against === 'reference') {
        return phrase`Nothing was trained: the adapter changes none of its ${formatCount(matrices, 'matrix', 'matrices')}.`;
      }
      return phrase`Nothing was trained: no matrix differs from the ${other} (${formatInteger(matrices)} compared). Only norms, biases or the configuration can.`;
    },
    steps: () => [
      phrase`Check which checkpoint was saved, that its parameters were not frozen, and that the adapter was saved and merged.`,
    ],
    rule: (_, policy) => ({
      group: 'Spectra',
      check: phrase`Something was trained`,
      limit: 'a matrix differs',
      level: policy['nothing-trained'].level,
    }),
  },
  'only-head-trained': {
    title: 'Only the head trained',
    about: 'itself',
    sentence: ({ against, named, matrices, unchanged }) => {
      const rest = formatCount(unchanged, 'other matrix is', 'other matrices are');
      return phrase`Only the head was trained: ${listedNames(named, matrices)}. ${rest} as in the ${term(against, against)}.`;
    },
    steps: (_, report) => [
      phrase`If the body was frozen by accident, unfreeze it and train again.`,
      ifIntended(report),
    ],
    rule: (_, policy) => ({
      group: 'Spectra',
      check: phrase`More than the head was trained`,
      limit: 'another matrix differs',
      level: policy['only-head-trained'].level,
    }),
  },
};

function ratioCause(cause: FindingOf<'ratio-missing'>['cause']): string {
  if (cause.kind === 'saturated') return 'the update fits into 5% of the directions, as a low-rank update does';
  const missing = [cause.mlp ? 'MLP' : '', cause.attention ? 'attention' : ''].filter(Boolean).join(' or ');
  const noise =
    cause.belowNoise > 0
      ? ` (${formatCount(cause.belowNoise, 'matrix is', 'matrices are')} below the rounding noise of the dtype, snr < ${MIN_SNR})`
      : '';
  return `no ${missing} matrix has a measurable update${noise}`;
}
