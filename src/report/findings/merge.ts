import { MAX_RESIDUAL } from '@shadow-gate/spectra/merge-status';
import type { FindingOf } from '../../compare/finding.ts';
import { formatCount, formatLimit, formatNumber } from '../text/numbers.ts';
import { code, listed, name, phrase } from '../text/phrase.ts';
import { NOTHING_TO_DO } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const MERGE_WORDS: TopicWords<
  'merge-proven' | 'merge-unseen' | 'merge-fault' | 'merge-not-finite' | 'merge-other-tensors'
> = {
  'merge-proven': {
    title: 'Merge',
    about: 'itself',
    sentence: ({ weights, all, residual, others }) => {
      const which = all === 1 ? 'the one weight' : `${weights === all ? 'all' : `${weights} of`} ${all} weights`;
      const rest =
        others === 0
          ? ''
          : `; the other ${formatCount(others, 'tensor is that', 'tensors are those')} of the reference`;
      return phrase`The merge of the adapter is proven for ${which} that it changes: W = ${FORMULA} up to rounding (largest r ${formatNumber(residual)}, limit ${formatLimit(MAX_RESIDUAL)})${rest}.`;
    },
    steps: () => [NOTHING_TO_DO],
  },
  'merge-unseen': {
    title: 'Merge not seen',
    about: 'itself',
    sentence: ({ example, weights, all }) => {
      const which = phrase`${formatCount(weights, 'weight', 'weights')} of ${String(all)} that the adapter changes (e.g. ${name(example)})`;
      const cause = 'its update is zero, or smaller than the rounding of the format';
      return weights === all
        ? phrase`It cannot be seen whether the adapter was merged: in every weight ${cause}. Merge into a copy in float32.`
        : phrase`The merge cannot be seen in ${which}: ${cause}.`;
    },
    steps: () => [phrase`Merge into a copy in float32. If the update is zero, check the training of the adapter.`],
  },
  'merge-fault': {
    title: 'Wrong merge',
    about: 'itself',
    sentence: (finding) => {
      const { fault, named, weights, all } = finding;
      const items = named.map((weight) => phrase`${name(weight.name)}${numbers(fault, weight)}`);
      const which = phrase`${String(weights)} of ${formatCount(all, 'weight', 'weights')}: ${listed(items, weights)}`;
      const isPart = fault === 'not-applied' && weights < all;
      return phrase`${isPart ? PARTLY_APPLIED : SENTENCES[fault]} (${which}).`;
    },
    steps: () => [
      phrase`Merge again with PEFT's ${code('merge_and_unload()')}, from this base model and this adapter.`,
      phrase`If the weights have another multiple of the update, check ${code('use_rslora')} and ${code('lora_alpha')} in adapter_config.json.`,
    ],
    rule: (_, { merge }) => ({
      group: 'Spectra',
      check: phrase`Merge of an adapter`,
      also: ['merge-proven', 'merge-unseen', 'merge-not-finite', 'merge-other-tensors'],
      limit: `only rounding apart from ${FORMULA}`,
      level: merge.level,
      missing: 'no adapter was given',
    }),
  },
  'merge-not-finite': {
    title: 'Adapter not finite',
    about: 'itself',
    sentence: ({ named, tensors }) => {
      const items = named.map((tensor) => {
        const { nan, inf } = tensor;
        const counts = [nan > 0 ? formatCount(nan, 'NaN value') : '', inf > 0 ? formatCount(inf, 'Inf value') : ''];
        return phrase`${name(tensor.name)} (${counts.filter(Boolean).join(', ')})`;
      });
      return phrase`The adapter has values that are not finite in ${formatCount(tensors, 'tensor')}: ${listed(items, tensors)}.`;
    },
    steps: () => [phrase`Train the adapter again, or take an earlier checkpoint of it.`],
  },
  'merge-other-tensors': {
    title: 'Other tensors changed',
    about: 'itself',
    sentence: ({ named, tensors }) => {
      const items = named.map((tensor) => phrase`${name(tensor.name)} (${CHANGES[tensor.change]})`);
      return phrase`Besides the merge, ${formatCount(tensors, 'tensor differs', 'tensors differ')} from the reference, which the adapter does not explain: ${listed(items, tensors)}.`;
    },
    steps: () => [
      phrase`Merge again into an untouched reference, and check that ${code('--reference')} is the right revision.`,
    ],
  },
};

const FORMULA = 'W₀ + s·BA';

type Fault = FindingOf<'merge-fault'>['fault'];

const SENTENCES: Readonly<Record<Fault, string>> = {
  'not-applied': 'The adapter was not merged: the checkpoint has the weights of the reference',
  different: `The weights are not the merge of this adapter into this reference, ${FORMULA}`,
  'not-finite': 'The merge cannot be computed: the weights, the reference or the adapter are not finite',
  'not-in-checkpoint': 'The checkpoint lacks weights that the adapter changes: it may store them fused or split',
  'not-in-reference': 'The reference lacks weights that the adapter changes: it may be another model',
  'other-shape': 'The weights do not have the shape of their update',
  unreadable: 'The merge cannot be judged in the dtype of the weights',
};

const PARTLY_APPLIED = 'The adapter was not merged everywhere: some weights are those of the reference';

/** How far a weight is from the merge: r, and c of the least-squares fit. */
function numbers(fault: Fault, { residual, coefficient }: FindingOf<'merge-fault'>['named'][number]): string {
  if (fault !== 'different' || residual === null) return '';
  const share = coefficient === null ? '' : `, ${formatNumber(coefficient)} times the update`;
  return ` (r ${formatNumber(residual)}${share})`;
}

const CHANGES = { changed: 'changed', missing: 'not in the checkpoint', added: 'not in the reference' } as const;
