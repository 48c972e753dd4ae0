import type { FindingOf } from '../../compare/finding.ts';
import { acceptCommand, remeasureCommand } from '../text/commands.ts';
import { factsRow } from '../text/exam-and-twins.ts';
import { formatCount, formatPercent } from '../text/numbers.ts';
import { code, name, type Phrase, phrase } from '../text/phrase.ts';
import { allTwinWords, EXAM } from '../text/twin-words.ts';
import type { TopicWords } from './finding-words.ts';

export const BASELINE_WORDS: TopicWords<'missing-baseline' | 'stale-baseline' | 'changed-input'> = {
  'missing-baseline': {
    title: 'No baseline',
    about: 'everything',
    isGap: true,
    sentence: ({ path }) => {
      const how = phrase`Create one with ${code('shadow-gate measure')} and commit it.`;
      if (path === null) return phrase`No baseline was given, so nothing could be compared. ${how}`;
      return phrase`No baseline was found (${name(path)}), so nothing could be compared. ${how}`;
    },
    headline: ({ path }, report) => {
      const whole = factsRow(report, null);
      const seen =
        whole && report.probes && whole.facts > 0
          ? phrase` ${EXAM} ${formatPercent(whole.benchmark.candidate)}; ${allTwinWords(report.probes.comparison)} ${formatPercent(whole.twin.candidate)}.`
          : [];
      const where = path === null ? phrase`No baseline was given` : phrase`No baseline was found (${name(path)})`;
      return phrase`${where}, so nothing could be compared.${seen}`;
    },
    steps: (_, report) => [
      phrase`If this checkpoint is approved, make it the first baseline and commit the file: ${acceptCommand(report)}`,
    ],
  },
  'stale-baseline': {
    title: 'Stale baseline',
    about: 'everything',
    sentence: ({ days, limit }) => {
      const most = formatCount(limit, 'day');
      if (days === null) return phrase`It is not known when the baseline was measured; more than ${most} is stale.`;
      return phrase`The baseline was measured ${formatCount(days, 'day')} before the candidate (limit ${most}): nobody has looked at it since.`;
    },
    steps: (_, report) => [
      phrase`Look at what the baseline stands for, and measure it again: ${remeasureCommand(report)}. A run on the default branch with ${code('update-baseline: pull-request')} proposes a new one.`,
    ],
  },
  'changed-input': {
    title: 'Changed input',
    about: 'everything',
    sentence: changedInput,
    steps: ({ input, change, path, counts }) => [
      input === 'workflow'
        ? phrase`Review the change of ${name(path)}: the settings of this run are its own.`
        : input === 'logs'
          ? phrase`Let a step of the workflow write the logs, in place of files of the change.`
          : change === 'unknown'
            ? phrase`Check the repository out with ${code('actions/checkout')}, so that it is known what the change is.`
            : counts === 'base'
              ? phrase`Merge the change of ${name(path)} on its own, before the checkpoint; then this check runs with it.`
              : phrase`Review ${name(path)}, and merge it before the checkpoint.`,
    ],
  },
};

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

/** The pull request changes an input of its own gate: which version counts, and the consequence. */
function changedInput({ level, input, change, path, base, counts }: Changed): Phrase {
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
