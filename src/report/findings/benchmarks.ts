import type { FindingOf } from '../../compare/finding.ts';
import { metricWithFilter } from '../text/benchmarks.ts';
import {
  formatCount,
  formatInteger,
  formatPercent,
  formatPoints,
  formatPointsLimit,
  formatProbability,
} from '../text/numbers.ts';
import { code, name, type Phrase, phrase, term } from '../text/phrase.ts';

export function evaluationLogs(finding: FindingOf<'evaluation-logs'>): Phrase {
  const { side, harness, version, model, source, revision, sha } = finding;
  const known = [
    ...(source === null ? [] : [phrase`run by ${name(source)}`]),
    ...(sha !== null ? [phrase`commit ${name(sha)}`] : revision === null ? [] : [phrase`revision ${name(revision)}`]),
  ];
  const details = known.flatMap((part) => [', ', ...part]);
  const program = version === null ? phrase`${name(harness)}` : phrase`${name(harness)} ${name(version)}`;
  return phrase`The ${side} is what logs of ${program} call ${name(model)}${details}: nothing proves which model answered, and its weights were not seen.`;
}

export function logsOfOneSide({ side, isAlone }: FindingOf<'logs-of-one-side'>): Phrase {
  if (isAlone) return phrase`Logs of an evaluation are judged by those of a baseline, and there is none.`;
  const other = side === 'candidate' ? 'baseline' : 'candidate';
  return phrase`The ${side} comes from logs of an evaluation and the ${other} does not: read logs of both.`;
}

export function notComparable(finding: FindingOf<'benchmark-not-comparable'>): Phrase {
  const { named, tasks } = finding;
  const names = named.flatMap((task, i) => [i === 0 ? '' : ', ', name(task)]);
  const more = tasks > named.length ? ` and ${formatCount(tasks - named.length, 'more task')}` : '';
  return phrase`Not comparable: ${names}${more}. ${whatDiffers(finding)}`;
}

function whatDiffers({ cause, candidate, baseline }: FindingOf<'benchmark-not-comparable'>): Phrase {
  const value = (text: string | null) => (text === null ? 'none' : name(text));
  const sides = phrase`${value(baseline)} in the baseline, ${value(candidate)} in the candidate`;
  const again = phrase`Evaluate one of them again.`;
  switch (cause) {
    case 'harness':
      return phrase`Evaluated by another program: ${sides}. ${again}`;
    case 'task':
      return candidate === null
        ? phrase`The candidate was not evaluated on it.`
        : phrase`The baseline was not evaluated on it.`;
    case 'samples':
      return phrase`Answers: ${sides}. Evaluate again so that they are logged, as by ${code('--log_samples')} or ${code('--save-details')}.`;
    case 'version':
      return phrase`Another version of the task: ${sides}. ${again}`;
    case 'shots':
      return phrase`Another number of few-shot examples: ${sides}. ${again}`;
    case 'scoring':
      return candidate === baseline
        ? phrase`Metrics or filters are defined in another way. ${again}`
        : phrase`Other metrics: ${sides}. ${again}`;
    case 'members':
      return phrase`The group has other tasks. ${again}`;
    case 'documents':
      return candidate === baseline
        ? phrase`Other documents, ${value(candidate)} on both sides. ${again}`
        : phrase`Other documents: ${sides}. ${again}`;
    case 'chat-template':
      return phrase`Other prompts, by another chat template: ${sides}. ${again}`;
    case 'system-instruction':
      return phrase`Other prompts, by another system instruction: ${sides}. ${again}`;
    case 'prompts':
      return phrase`The same documents were asked with other prompts, such as other few-shot examples. ${again}`;
    case 'requests':
      return phrase`The same prompts were asked with other choices, solvers or arguments of the generation. ${again}`;
    case 'targets':
      return phrase`Other answers count as right. ${again}`;
  }
}

export function loss(finding: FindingOf<'benchmark-loss'>): Phrase {
  const { task, metric, filter, candidate, baseline, change, documents, lost, won, p, limit } = finding;
  const subject =
    task === null || metric === null || filter === null
      ? phrase`Accuracy over all tasks`
      : phrase`${name(metricWithFilter({ metric, filter }))} of ${name(task)}`;
  const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}`;
  return phrase`${subject} dropped ${formatPoints(-change)} (${accuracies}; limit ${formatPointsLimit(limit)}): ${formatInteger(lost)} of ${formatCount(documents, 'answer')} are newly wrong, ${formatInteger(won)} newly right (${formatProbability(p)}).`;
}

export function gainNotShown(finding: FindingOf<'benchmark-gain-not-shown'>): Phrase {
  const { task, documents, candidate, baseline, gain } = finding;
  const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}, ${formatCount(documents, 'document')}`;
  return phrase`${name(task)} gained ${formatPoints(gain.value)} (${accuracies}). Logs have no ${term('twin', 'twins')}, so whether it was memorized was not tested: list the benchmark under ${code('probes')} and check the model itself.`;
}

export function notJudged({ task, accuracy, chance, isRequired }: FindingOf<'benchmark-not-judged'>): Phrase {
  const why =
    accuracy === null
      ? phrase`it has no metric by which an answer is right or wrong`
      : phrase`the baseline has ${formatPercent(accuracy)}, guessing ${formatPercent(chance)}, so no loss could show`;
  const advice = isRequired
    ? phrase` Leave it out of ${code('require')} in the policy, or evaluate an easier one.`
    : [];
  return phrase`${name(task)} was not judged: ${why}.${advice}`;
}

export function unclear({ documents, possibleDrop, limit }: FindingOf<'benchmark-unclear'>): Phrase {
  const size = possibleDrop === null ? 'of any size' : `of up to ${formatPoints(possibleDrop)}`;
  return phrase`A drop in accuracy ${size} cannot be ruled out by ${formatCount(documents, 'answer')} (limit ${formatPointsLimit(limit)}). Evaluate more documents.`;
}
