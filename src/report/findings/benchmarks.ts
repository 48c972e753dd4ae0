import type { FindingOf } from '../../compare/finding.ts';
import { metricWithFilter } from '../text/benchmarks.ts';
import { remeasureCommand } from '../text/commands.ts';
import { accuracyNumbers, dropLimit } from '../text/deciding-row.ts';
import {
  formatCount,
  formatEnds,
  formatInteger,
  formatLimit,
  formatPercent,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatPossibleDrop,
  formatProbability,
  NO_NUMBER,
  pointsDigits,
} from '../text/numbers.ts';
import { code, joinPhrases, name, type Phrase, phrase, term } from '../text/phrase.ts';
import { NOTHING_TO_DO } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const BENCHMARK_WORDS: TopicWords<
  | 'evaluation-logs'
  | 'logs-of-one-side'
  | 'benchmark-loss'
  | 'benchmark-unclear'
  | 'benchmark-not-judged'
  | 'benchmark-gain-not-shown'
  | 'benchmark-not-comparable'
> = {
  'evaluation-logs': {
    title: 'Evaluation logs',
    about: 'itself',
    sentence: (finding) => {
      const { side, harness, version, model, source, revision, sha } = finding;
      if (harness === 'counts') {
        return phrase`The ${side} is counts per item, in the file ${name(model)}: nothing proves which model answered, and its weights were not seen.`;
      }
      const program = version === null ? phrase`${name(harness)}` : phrase`${name(harness)} ${name(version)}`;
      const by = source === null ? [] : phrase`, run by ${name(source)}`;
      const declared = revision === null ? [] : phrase`, revision ${name(revision)}`;
      const at = sha === null ? declared : phrase`, commit ${name(sha)}`;
      return phrase`The ${side} is what logs of ${program} call ${name(model)}${by}${at}: nothing proves which model answered, and its weights were not seen.`;
    },
    steps: () => [
      phrase`Check that name and revision are those of the model under test. To judge its weights, give ${code('--checkpoint')}.`,
    ],
  },
  'logs-of-one-side': {
    title: 'Logs of one side',
    about: 'benchmarks',
    sentence: ({ side, isAlone }) => {
      if (isAlone) return phrase`Logs of an evaluation are judged by those of a baseline, and there is none.`;
      const other = side === 'candidate' ? 'baseline' : 'candidate';
      return phrase`The ${side} comes from logs of an evaluation and the ${other} does not: read logs of both.`;
    },
    steps: ({ isAlone }, report) => [
      isAlone
        ? phrase`Give logs of the approved model as ${code('--baseline')}.`
        : phrase`Read logs of both sides: ${remeasureCommand(report)}`,
    ],
  },
  'benchmark-loss': {
    title: 'Benchmark loss',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { task, metric, filter, candidate, baseline, change, documents, lost, won, isOfSamples, p, limit } =
        finding;
      const subject =
        task === null || metric === null || filter === null
          ? phrase`Accuracy over all tasks`
          : phrase`${name(metricWithFilter({ metric, filter }))} of ${name(task)}`;
      const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}`;
      const moved = isOfSamples
        ? `fewer samples are right of ${formatInteger(lost)} of ${formatCount(documents, 'document')}, more of ${formatInteger(won)}`
        : `${formatInteger(lost)} of ${formatCount(documents, 'answer')} are newly wrong, ${formatInteger(won)} newly right`;
      return phrase`${subject} dropped ${formatPoints(-change)} (${accuracies}; limit ${formatPointsLimit(limit)}): ${moved} (${formatProbability(p)}).`;
    },
    headline: ({ task, metric, filter, candidate, baseline, change, limit }) => {
      const subject =
        task === null || metric === null || filter === null
          ? phrase`All benchmarks`
          : phrase`${name(task)} (${name(metricWithFilter({ metric, filter }))})`;
      return phrase`${subject} ${formatPointsChange(change)} (${formatPercent(baseline)} → ${formatPercent(candidate)}): a loss beyond the limit of ${formatPointsLimit(limit)}.`;
    },
    row: (finding) => {
      const { task, metric, filter, limit } = finding;
      const isAll = task === null || metric === null || filter === null;
      return {
        key: isAll ? 'benchmarks' : `benchmark ${task}`,
        check: isAll ? phrase`All benchmarks` : [name(task)],
        ...accuracyNumbers(finding, dropLimit(limit)),
      };
    },
    steps: ({ task }) => [
      phrase`Compare the answers to ${task === null ? 'the tasks' : name(task)} in the two logs, and look at what the training data left out.`,
      phrase`Retrain with a lower learning rate, or mix in data like the baseline's.`,
    ],
    rule: (_, { 'twin-accuracy': { drop, 'capability-drop': dropInPart, alpha, level } }) => ({
      group: 'Benchmarks',
      check: phrase`Accuracy, all and by task`,
      limit: `a loss of at most ${formatPointsLimit(drop)}, ${formatPointsLimit(dropInPart)} in a task (α = ${formatLimit(alpha)})`,
      level,
    }),
  },
  'benchmark-unclear': {
    title: 'Loss not ruled out',
    about: 'benchmarks',
    sentence: ({ documents, possibleDrop, limit, isExpected }) =>
      phrase`A drop in ${isExpected ? term('expectedAccuracy', 'expected accuracy') : 'accuracy'} of ${formatPossibleDrop(possibleDrop)} cannot be ruled out by ${formatCount(documents, 'answer')} (limit ${formatPointsLimit(limit)}).`,
    headline: ({ possibleDrop, limit, documents, isExpected }) =>
      phrase`A loss of ${formatPossibleDrop(possibleDrop)}${isExpected ? ' of expected accuracy' : ''} cannot be ruled out by ${formatCount(documents, 'answer')} (limit ${formatPointsLimit(limit)}).`,
    row: ({ possibleDrop, limit }) => ({
      change: possibleDrop === null ? NO_NUMBER : `perhaps ${formatPointsChange(-possibleDrop)}`,
      limit: dropLimit(limit),
    }),
    steps: ({ change, limit, isExpected }) => [
      isExpected && change <= -limit
        ? phrase`Compare the log-likelihoods of the choices: the right ones lead by less than before.`
        : phrase`Evaluate more documents on both sides, or more tasks.`,
    ],
    rule: (_, { 'twin-accuracy': { margin } }) => ({
      group: 'Benchmarks',
      check: phrase`A loss is ruled out`,
      also: ['benchmark-not-judged'],
      limit: `one of ${formatPointsLimit(margin)} can be seen`,
      level: 'inconclusive',
    }),
  },
  'benchmark-not-judged': {
    title: 'Benchmark not judged',
    about: 'itself',
    isGap: true,
    sentence: ({ task, accuracy, chance, isRequired }) => {
      const why =
        accuracy === null
          ? phrase`it has no metric by which an answer is right or wrong`
          : phrase`the baseline has ${formatPercent(accuracy)}, guessing ${formatPercent(chance)}, so no loss could show`;
      const advice = isRequired
        ? phrase` Leave it out of ${code('require')} in the policy, or evaluate an easier one.`
        : [];
      return phrase`${name(task)} was not judged: ${why}.${advice}`;
    },
    steps: ({ task, isRequired }) => [
      isRequired
        ? phrase`Evaluate an easier benchmark than ${name(task)}, or list the others in ${code('require')}.`
        : NOTHING_TO_DO,
    ],
  },
  'benchmark-gain-not-shown': {
    title: 'Gain not shown',
    about: 'itself',
    sentence: (finding) => {
      const { task, documents, candidate, baseline, gain } = finding;
      const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}, ${formatCount(documents, 'document')}`;
      return phrase`${name(task)} gained ${formatPoints(gain.value)} (${accuracies}). ${whyNotShown(finding)}`;
    },
    headline: ({ task, gain, twins }) =>
      phrase`${name(task)} ${formatPointsChange(gain.value)}: ${twins === null ? 'logs cannot tell' : 'its other forms cannot tell'} whether the gain was memorized.`,
    row: (finding) => ({
      key: `benchmark ${finding.task}`,
      check: [name(finding.task)],
      ...accuracyNumbers(finding, 'other forms must share it'),
    }),
    steps: ({ task, twins, gap }) => {
      if (twins === null) {
        return [
          phrase`List ${name(task)} under ${code('probes')} and check the model itself: only its other forms can tell.`,
        ];
      }
      return gap === 'unclear' || gap === 'too-few'
        ? [phrase`Evaluate more items of ${name(task)} and ${name(twins)}.`]
        : [phrase`Give ${name(task)} other twins than ${name(twins)}: other questions, neither too easy nor too hard.`];
    },
    rule: (report, { 'shadow-delta': delta }) => ({
      group: 'Benchmarks',
      check: phrase`A gain is confirmed by other forms`,
      limit: `a gain of less than ${formatPointsLimit(delta['minimum-gain'])}${report.benchmarkTwins ? ', or one that other items share' : ': logs have no other forms'}`,
      level: delta['format-only'] === 'warn' ? 'inconclusive' : delta['format-only'],
    }),
  },
  'benchmark-not-comparable': {
    title: 'Not comparable',
    about: 'itself',
    sentence: (finding) => {
      const { named, tasks } = finding;
      const names = joinPhrases(named.map((task) => [name(task)]));
      const more = tasks > named.length ? ` and ${formatCount(tasks - named.length, 'more task')}` : '';
      return phrase`Not comparable: ${names}${more}. ${whatDiffers(finding)}`;
    },
    steps: () => [phrase`Evaluate the side that differs again, with the settings of the other, and log the answers.`],
    rule: () => ({
      group: 'Benchmarks',
      check: phrase`Both sides were asked alike`,
      also: ['logs-of-one-side'],
      limit: 'no difference',
      level: 'inconclusive',
      missing: null,
    }),
  },
};

function whyNotShown({ twins, gap, excess }: FindingOf<'benchmark-gain-not-shown'>): Phrase {
  if (twins === null) {
    return phrase`No ${term('twin', 'other forms')} tell whether it was memorized: list the benchmark under ${code('probes')} and check the model itself, or give it twins with ${code('twins-of')}.`;
  }
  const those = phrase`Its group twins ${name(twins)}`;
  switch (gap) {
    case 'overlap':
      return phrase`${those} have questions of its own, and so tell nothing.`;
    case 'no-room':
      return phrase`${those} are all right, or no better than guesses, and so tell nothing.`;
    case 'too-few':
      return phrase`${those} are too few to tell whether it was memorized: both need 40 documents.`;
    default:
      return excess === null
        ? phrase`${those} leave open whether it was memorized.`
        : phrase`That is ${formatPoints(excess.value)} more than its group twins ${name(twins)} (${formatEnds(excess, pointsDigits)}), which leaves open whether it was memorized.`;
  }
}

function whatDiffers({ cause, candidate, baseline }: FindingOf<'benchmark-not-comparable'>): Phrase {
  const value = (text: string | null) => (text === null ? 'none' : name(text));
  const sides = phrase`${value(baseline)} in the baseline, ${value(candidate)} in the candidate`;
  const again = phrase`Evaluate one of them again.`;
  const sentences: Readonly<Record<typeof cause, Phrase>> = {
    harness: phrase`Evaluated by another program: ${sides}. ${again}`,
    task: phrase`The ${candidate === null ? 'candidate' : 'baseline'} was not evaluated on it.`,
    samples: phrase`Answers: ${sides}. Evaluate again so that they are logged, as by ${code('--log_samples')} or ${code('--save-details')}.`,
    version: phrase`Another version of the task: ${sides}. ${again}`,
    shots: phrase`Another number of few-shot examples: ${sides}. ${again}`,
    repeats:
      candidate === null
        ? phrase`Some questions have another number of samples. ${again}`
        : phrase`Another number of samples of each question: ${sides}. ${again}`,
    scoring:
      candidate === baseline
        ? phrase`Metrics or filters are defined in another way. ${again}`
        : phrase`Other metrics: ${sides}. ${again}`,
    members: phrase`The group has other tasks. ${again}`,
    documents:
      candidate === baseline
        ? phrase`Other documents, ${value(candidate)} on both sides. ${again}`
        : phrase`Other documents: ${sides}. ${again}`,
    'chat-template': phrase`Other prompts, by another chat template: ${sides}. ${again}`,
    'system-instruction': phrase`Other prompts, by another system instruction: ${sides}. ${again}`,
    prompts: phrase`The same documents were asked with other prompts, such as other few-shot examples. ${again}`,
    requests: phrase`The same prompts were asked with other choices, solvers or arguments of the generation. ${again}`,
    targets: phrase`Other answers count as right. ${again}`,
  };
  return sentences[cause];
}
