import type { FindingOf } from '../../compare/finding.ts';
import { code, name, type Phrase, phrase } from '../text/phrase.ts';

type Changed = FindingOf<'changed-input'>;

const NOUNS: Readonly<Record<Changed['input'], string>> = {
  policy: 'policy',
  baseline: 'baseline',
  calibration: 'calibration',
  'probe-file': 'probe file',
  reference: 'reference',
  tokenizer: 'tokenizer',
  logs: 'logs of the evaluation',
  workflow: 'workflow',
};
const VERBS: Readonly<Record<Changed['change'], string>> = {
  edited: 'edits',
  added: 'adds',
  deleted: 'deletes',
  unknown: 'may touch',
};

/** The change under test touches what it is judged by: whose version counts, and what follows. */
export function changedInput({ level, input, change, path, base, counts }: Changed): Phrase {
  const noun = input === 'workflow' && !/\.ya?ml$/.test(path) ? 'files of the workflow in' : NOUNS[input];
  const what = phrase`This change ${VERBS[change]} the ${noun} ${name(path)}`;
  if (input === 'workflow') return phrase`${what}: the settings of this run are its own. Review them.`;
  if (input === 'logs') {
    return phrase`${what}, and logs can be written with any answers. Let a step of the workflow write them.`;
  }
  if (change === 'unknown') {
    return phrase`${what}: it is not known which commit is checked out, so nothing follows from the comparison. Check it out with ${code('actions/checkout')}.`;
  }
  if (counts === 'change') {
    return phrase`${what}, and this run cannot have the version of base commit ${name(base)}. Nothing follows from the comparison: review that file, and merge it before the checkpoint.`;
  }
  if (level === 'inconclusive') {
    return phrase`${what}, and the baseline is a checkpoint, so that nobody has approved the answers to it. The ${NOUNS[input]} of base commit ${name(base)} was used on both models: merge the new one before the checkpoint.`;
  }
  if (change !== 'added') {
    const noun = change === 'edited' ? 'edit' : 'deletion';
    return phrase`${what}. The ${noun} applies after merging; the ${NOUNS[input]} of base commit ${name(base)} was used.`;
  }
  const instead = input === 'policy' ? ', so the built-in policy was used' : '';
  return phrase`${what}. It applies after merging; base commit ${name(base)} has none${instead}.`;
}
