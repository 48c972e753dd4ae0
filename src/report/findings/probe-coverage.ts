import { isAnsweredElsewhere } from '../text/commands.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';
import { code, joinPhrases, listed, name, phrase, prose } from '../text/phrase.ts';
import { remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const PROBE_COVERAGE_WORDS: TopicWords<
  'probes-not-run' | 'items-lost' | 'no-answers' | 'stopped-early' | 'left-out'
> = {
  'probes-not-run': {
    title: 'Probes not run',
    about: 'probes',
    isGap: true,
    sentence: ({ side, cause }) => {
      if (cause === null) {
        return phrase`The ${side} has no probe results: measure it again with this version and without ${code('--only spectra')}.`;
      }
      return phrase`The probes did not run on the ${side}: ${prose(cause)}${/[.!?]$/.test(cause) ? '' : '.'}`;
    },
    steps: ({ side, cause }, report) => [
      side === 'baseline'
        ? remeasure(report)
        : cause === null
          ? phrase`Run the probes too: leave out ${code('--only spectra')}.`
          : phrase`Make the candidate run as its baseline did: the cause is in the sentence above.`,
    ],
  },
  'items-lost': {
    title: 'Items lost',
    about: 'itself',
    sentence: ({ items, named, capabilities }) => {
      const examples = named.map(({ id, reason }) =>
        reason === null ? phrase`${name(id)}` : phrase`${name(id)} (${prose(reason)})`,
      );
      const where = joinPhrases(capabilities.map((capability) => [name(capability)]));
      return phrase`The candidate cannot run ${formatCount(items, 'probe item')} that the baseline answered (in ${where}). They count as wrong: ${listed(examples, items)}.`;
    },
    row: ({ items }) => ({ candidate: formatCount(items, 'item'), limit: '0' }),
    steps: () => [
      phrase`Compare ${code('max_position_embeddings')} in config.json, and the tokenizer, with those of the approved checkpoint.`,
    ],
  },
  'no-answers': {
    title: 'No answers',
    about: 'probes',
    isGap: true,
    sentence: ({ side }) => phrase`The ${side} answered no probe item, so its behavior was not judged.`,
    steps: () => [
      phrase`Read why the items were left out: most often the context is too short for the prompts, or the tokenizer cannot encode them.`,
    ],
  },
  'stopped-early': {
    title: 'Not all asked',
    about: 'probes',
    sentence: ({ side, blocks, of }) => {
      const asked = phrase`${formatInteger(blocks)} of ${formatCount(of, 'block')} of probes`;
      return side === 'candidate'
        ? phrase`The candidate was asked ${asked}, and their answers do not settle its verdict with this baseline and policy.`
        : phrase`The baseline was asked only ${asked}, until its own verdict was settled: what else it knows cannot be compared.`;
    },
    steps: ({ side }) => [
      side === 'candidate'
        ? phrase`Ask it everything: ${code('check --all')}, or ${code('sequential: off')} in the policy.`
        : phrase`Measure the baseline with ${code('measure')}, which asks everything.`,
    ],
  },
  'left-out': {
    title: 'Items left out',
    about: 'probes',
    sentence: ({ named, items, ran, isMost }) => {
      const examples = named.map(({ id, reason }) => phrase`${name(id)} (${prose(reason)})`);
      const what = isMost
        ? `Most items did not run (${formatInteger(items)} of ${formatInteger(items + ran)})`
        : `${formatCount(items, 'item')} did not run, nor did the other forms of the same facts`;
      return phrase`${what}: ${listed(examples, items)}.`;
    },
    steps: (_, report) => [
      isAnsweredElsewhere(report)
        ? phrase`Use shorter questions, or raise ${code('max-length')} if the server takes more.`
        : phrase`Use shorter questions.`,
    ],
  },
};
