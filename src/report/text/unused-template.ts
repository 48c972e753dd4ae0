import { listed, name, type Phrase, phrase } from './phrase.ts';

/**
 * What a reader of the accuracies has to know of a checkpoint with a chat template: a chat model can be much better or
 * worse with it.
 * @param suites those that were asked without it, of `all` suites
 */
export function unusedTemplate(suites: readonly string[], all: number): Phrase {
  const which =
    suites.length === all
      ? phrase`the probes were`
      : phrase`${listed(
          suites.map((suite) => phrase`${name(suite)}`),
          suites.length,
        )} ${suites.length === 1 ? 'was' : 'were'}`;
  return phrase`The checkpoint has a chat template, and ${which} asked without it: numbers of the two ways are not comparable.`;
}
