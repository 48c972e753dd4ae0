import type { FindingOf } from '../../compare/finding.ts';
import { remeasureCommand } from '../text/commands.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase, term } from '../text/phrase.ts';
import { remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const OTHER_WEIGHTS_WORDS: TopicWords<
  | 'baseline-without-spectra'
  | 'baseline-is-reference'
  | 'adapter-and-full'
  | 'other-reference'
  | 'reference-shape'
  | 'other-tensors'
  | 'other-updates'
> = {
  'baseline-without-spectra': {
    title: 'No spectra in baseline',
    about: 'spectra',
    isGap: true,
    sentence: () =>
      phrase`The baseline has no spectra to compare with: measure it again without ${code('--only probes')}.`,
    steps: (_, report) => [remeasure(report)],
  },
  'baseline-is-reference': {
    title: 'Baseline is reference',
    about: 'spectra',
    sentence: ({ level }) => {
      const fact = phrase`The baseline is the ${term('reference', 'reference')} itself: there is no earlier update to compare the spectra with`;
      return level === 'info'
        ? phrase`${fact}, so the probes decide.`
        : phrase`${fact}. Run the probes as well, or give an approved checkpoint that was trained from it as the baseline.`;
    },
    steps: ({ level }) => [
      level === 'info'
        ? phrase`To compare the spectra too, give an approved checkpoint that was trained from the reference as the baseline.`
        : phrase`Run the probes as well, or give an approved checkpoint that was trained from the reference as the baseline.`,
    ],
  },
  'adapter-and-full': {
    title: 'Adapter and full model',
    about: 'spectra',
    sentence: ({ adapter, relation }) =>
      adapter === 'candidate' ? adapterBesideFull(relation) : fullBesideAdapter(relation),
    steps: () => [
      phrase`Compare an adapter with an approved adapter, and a full model with a full model.`,
      phrase`To compare behavior alone, use ${code('--only probes')}.`,
    ],
  },
  'other-reference': {
    title: 'Other reference',
    about: 'spectra',
    sentence: ({ candidate, baseline }) => {
      const reference = code('--reference');
      if (candidate === null) {
        return phrase`The baseline was measured with a reference and the candidate without, so their updates cannot be compared: give ${reference}.`;
      }
      if (baseline === null) {
        return phrase`The baseline was measured without a reference, so the updates cannot be compared: measure it again with ${reference}.`;
      }
      return phrase`The updates of candidate and baseline start from different references: measure both from the same one.`;
    },
    steps: ({ candidate }, report) => [
      candidate === null
        ? phrase`Give ${code('--reference')}, as the baseline had it.`
        : phrase`Measure the baseline again from the same reference: ${remeasureCommand(report)}`,
    ],
  },
  'reference-shape': {
    title: 'Shape of the reference',
    about: 'spectra',
    sentence: ({ example, matrices }) => {
      const more = ` and ${formatCount(matrices - 1, 'more matrix', 'more matrices')}`;
      return matrices > 1
        ? phrase`${name(example)}${more} have different shapes in the reference, so their updates were not measured.`
        : phrase`${name(example)} has a different shape in the reference, so its update was not measured.`;
    },
    steps: () => [
      phrase`Check ${code('--reference')}. If the vocabulary was resized, give a reference that was resized the same way.`,
    ],
  },
  'other-tensors': {
    title: 'Other tensors',
    about: 'spectra',
    sentence: ({ of, named, tensors }) => {
      const items = named.map((tensor) => {
        const state = (description: string | null) => (description === null ? 'absent' : name(description));
        return phrase`${name(tensor.name)} is ${state(tensor.candidate)} in the candidate and ${state(tensor.baseline)} in the baseline`;
      });
      const what = of === 'delta' ? 'updates of different matrices' : 'different tensors';
      return phrase`Candidate and baseline have ${what}: ${listed(items, tensors)}.`;
    },
    steps: () => [
      phrase`If tensors are missing, save the checkpoint again. Otherwise give a baseline with the same modules and LoRA rank.`,
    ],
  },
  'other-updates': {
    title: 'Other updates',
    about: 'spectra',
    sentence: ({ example, updatedIn, matrices, all }) =>
      phrase`Candidate and baseline update different matrices: ${formatInteger(matrices)} of ${formatInteger(all)} ${matrices === 1 ? 'was' : 'were'} updated on one side only (e.g. ${name(example)}, only in the ${updatedIn}).`,
    steps: () => [
      phrase`Compare runs that train the same modules. If an update was lost in rounding, save in float32.`,
    ],
  },
};

type Relation = FindingOf<'adapter-and-full'>['relation'];

const BEHAVIOR = phrase`To compare behavior alone, use ${code('--only probes')}.`;

function adapterBesideFull(relation: Relation): Phrase {
  const kinds = phrase`The candidate is an adapter and the baseline a full model`;
  if (relation === 'unknown') {
    return phrase`${kinds}: give the base model of the adapter with ${code('--reference')}.`;
  }
  if (relation === 'other-reference') {
    return phrase`${kinds} other than its ${term('reference', 'reference')}: give the same model as baseline and as ${code('--reference')}, or an approved adapter as the baseline.`;
  }
  return phrase`${kinds} trained from the same ${term('reference', 'reference')}: their updates cannot be compared. Give an approved adapter as the baseline, or merge the candidate. ${BEHAVIOR}`;
}

function fullBesideAdapter(relation: Relation): Phrase {
  if (relation === 'is-reference') {
    return phrase`The candidate is the base model of the baseline's adapter, without any adapter: give the adapter as the candidate and this model with ${code('--reference')}.`;
  }
  const kinds = phrase`The candidate is a full model, such as a merged one, and the baseline an adapter`;
  const same =
    relation === 'same-reference'
      ? phrase` of the same ${term('reference', 'reference')}`
      : phrase` of another base model`;
  return phrase`${kinds}${relation === 'unknown' ? [] : same}: give the candidate's adapter, or measure the merged model of the baseline. ${BEHAVIOR}`;
}
