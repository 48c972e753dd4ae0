import { likeCommand, remeasureCommand } from '../text/commands.ts';
import { formatInteger } from '../text/numbers.ts';
import { code, listed, name, phrase } from '../text/phrase.ts';
import { ifIntended, remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const OTHER_QUESTION_WORDS: TopicWords<
  | 'other-questions'
  | 'other-suite'
  | 'other-seed'
  | 'other-chat-template'
  | 'texts-not-hashed'
  | 'other-levels'
  | 'no-common-items'
> = {
  'other-questions': {
    title: 'Other questions',
    about: 'probes',
    sentence: ({ named, items, of }) => {
      const examples = named.map(({ suite, item }) => phrase`${name(item)} of ${name(suite)}`);
      return phrase`The tokens of ${formatInteger(items)} of ${formatInteger(of)} questions spell another text than those of the baseline: ${listed(examples, items)}. The tokenizer or the chat template rewrites them, so the answers are not to the same questions.`;
    },
    steps: (_, report) => [
      phrase`Restore the approved checkpoint's chat template, and normalizer, pre-tokenizer, post-processor and added tokens of ${code('tokenizer.json')}.`,
      ifIntended(report),
    ],
  },
  'other-suite': {
    title: 'Other suite',
    about: 'probes',
    sentence: ({ suite, candidate, baseline, versions }) => {
      if (candidate === null) {
        return phrase`The baseline ran suite ${name(suite)} and the candidate did not: run it, or measure the baseline again.`;
      }
      if (baseline === null) return phrase`The baseline did not run suite ${name(suite)}: measure it again.`;
      return versions === null
        ? phrase`Suite ${name(suite)} has changed since the baseline was measured: measure the baseline again.`
        : phrase`Suite ${name(suite)} is version ${name(versions.candidate)} in the candidate and version ${name(versions.baseline)} in the baseline: measure the baseline again.`;
    },
    steps: ({ candidate }, report) => [
      candidate === null
        ? phrase`Run that suite on the candidate: list it under ${code('probes')}.`
        : remeasure(report),
    ],
  },
  'other-seed': {
    title: 'Other seed',
    about: 'probes',
    sentence: ({ suite, candidate, baseline }) =>
      phrase`Suite ${name(suite)} was drawn with seed ${name(candidate)} for the candidate and seed ${name(baseline)} for the baseline, so the items differ: use one seed for both.`,
    steps: (_, report) => [phrase`Ask the candidate what the baseline was asked: ${likeCommand(report)}`],
  },
  'other-chat-template': {
    title: 'Other chat template',
    about: 'probes',
    sentence: ({ candidate, baseline }) => {
      const state = (used: boolean) => (used ? 'with' : 'without');
      if (candidate && baseline) {
        return phrase`The chat templates of candidate and baseline write the prompts of the probes in different ways, so the answers are not to the same questions.`;
      }
      return phrase`The candidate ran the probes ${state(candidate)} its chat template, the baseline ${state(baseline)}: measure one of them again.`;
    },
    steps: ({ candidate, baseline }, report) => [
      candidate && baseline
        ? phrase`If the template was not meant to change, restore the baseline's. Otherwise set ${code('chat-template: false')} in the policy, and measure the baseline again: ${remeasureCommand(report)}`
        : phrase`Set ${code('chat-template')} in the policy for both, and measure the baseline again: ${remeasureCommand(report)}`,
    ],
  },
  'texts-not-hashed': {
    title: 'Texts not hashed',
    about: 'probes',
    sentence: ({ suite, side }) => {
      const other = side === 'candidate' ? 'baseline' : 'candidate';
      return phrase`The ${side} has the texts of ${name(suite)} and the ${other} has hashes, and the key between them is missing, as in files of older versions, or is another one. Measure the ${side} again.`;
    },
    steps: ({ side }, report) => [
      side === 'baseline' ? remeasure(report) : phrase`Check the candidate again with this version.`,
    ],
  },
  'other-levels': {
    title: 'Other levels',
    about: 'probes',
    sentence: ({ suite, families }) => {
      const levels = (asked: readonly number[]) => (asked.length === 0 ? 'none' : asked.join(', '));
      const examples = families
        .slice(0, NAMED_FAMILIES)
        .map(
          ({ family, candidate, baseline }) =>
            phrase`${name(family)} (candidate: ${levels(candidate)}, baseline: ${levels(baseline)})`,
        );
      return phrase`The candidate was not asked the levels of suite ${name(suite)} that its baseline answered: ${listed(examples, families.length)}. Measure the candidate with ${code('--like')} and the baseline's file, or run ${code('check')}.`;
    },
    steps: (_, report) => [phrase`Ask the candidate what the baseline was asked: ${likeCommand(report)}`],
  },
  'no-common-items': {
    title: 'No common items',
    about: 'probes',
    sentence: () => phrase`Candidate and baseline have no probe item in common: measure the baseline again.`,
    steps: (_, report) => [
      remeasure(report),
      ...(report.probes === null || report.probes.budgetSeconds === null
        ? []
        : [phrase`Or raise ${code('budget')} on both sides.`]),
    ],
  },
};

/** A sentence names at most so many families. */
const NAMED_FAMILIES = 4;
