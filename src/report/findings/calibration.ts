import type { CalibratedMetric, CalibrationReport } from '../../compare/calibration/index.ts';
import type { FindingOf } from '../../compare/finding.ts';
import { limitSource, rangeWords } from '../text/calibration.ts';
import { addToCalibrationCommand, calibrateCommand } from '../text/commands.ts';
import { calibratedNumbers, metricIn } from '../text/deciding-row.ts';
import { metricPart } from '../text/metric-names.ts';
import { formatCount, formatInteger, formatNumber, formatPair, formatProbability } from '../text/numbers.ts';
import { code, listedNames, name, type Phrase, phrase } from '../text/phrase.ts';
import { probesFirst } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const CALIBRATION_WORDS: TopicWords<'calibrated-metric' | 'not-calibrated-here' | 'calibration-refused'> = {
  'calibrated-metric': {
    title: 'Beyond calibration',
    about: 'itself',
    sentence: (finding) => {
      const { metric, scope, candidate, limit, direction, places, judged } = finding;
      const [value, bound] = formatPair(candidate, limit);
      const where = scope.kind === 'model' ? [] : phrase` in ${name(scope.name)}`;
      const others =
        places.length < 2
          ? []
          : phrase` (also in ${listedNames(places.slice(1, 1 + NAMED), places.length - 1)}; ${formatInteger(places.length)} of ${formatInteger(judged)} module types)`;
      const side = direction === 'up' ? 'above' : 'below';
      return phrase`${metricPart(metric, { capitalized: true })} of ΔW${where} is ${value}, ${side} the calibrated limit of ${bound}: ${rangeOf(finding)}${others}.`;
    },
    row: calibratedNumbers,
    steps: (_, report) => [
      phrase`${probesFirst('Look at the probes: they decide.', report)}Compare recipes with good runs.`,
      phrase`If it is good, add it to the calibration: ${addToCalibrationCommand(report)}`,
    ],
    rule: ({ calibration }, policy) => {
      const judged = (calibration?.metrics ?? []).flatMap(({ judged }) => judged ?? []);
      const isSized = judged.some(({ outcome }) => outcome !== 'not-calibrated');
      return {
        group: 'Spectra',
        check: phrase`Update shape against known-good checkpoints`,
        limit: calibration && judged.length > 0 ? limitsOf(calibration, judged) : 'those of a calibration',
        level: policy.calibration.level,
        missing: isSized ? null : missingCalibration(calibration, judged.length),
        // All numbers in one row, since one test may judge them together.
        value: calibration && isSized ? standsOf(calibration, judged) : null,
      };
    },
  },
  'not-calibrated-here': {
    title: 'Not calibrated here',
    about: 'itself',
    sentence: ({ scope, candidate, low, high, runs, places, sizes }) => {
      const where = scope.kind === 'model' ? 'the model' : name(scope.name);
      const others =
        places.length < 2 ? '' : ` (${formatInteger(places.length)} of ${formatInteger(sizes)} module types)`;
      const [least, most] = formatPair(low, high);
      return phrase`Not calibrated here: the update of ${where} has a size of ${formatNumber(candidate)}, and ${formatCount(runs, 'known-good checkpoint')} cover ${least} to ${most}${others}. Concentration changes with the size of an update, so it is not judged there.`;
    },
    row: ({ scope, candidate, low, high }) => ({
      key: 'not calibrated here',
      check: metricIn('updateSize', scope),
      candidate: formatNumber(candidate),
      change: 'not calibrated',
      limit: rangeWords([low, high]),
    }),
    steps: (_, report) => [
      phrase`Calibrate with runs whose updates are of this size: the same number of steps and the same learning rate.`,
      phrase`If this checkpoint is good, add it: ${addToCalibrationCommand(report)}`,
    ],
  },
  'calibration-refused': {
    title: 'Calibration refused',
    about: 'spectra',
    sentence: ({ cause, what, calibrated, candidate }) => {
      const place = what === null ? [] : phrase`${name(what)}: `;
      const both =
        calibrated === null && candidate === null
          ? []
          : phrase` (${place}calibrated ${calibrated === null ? 'none' : name(calibrated)}, candidate ${candidate === null ? 'none' : name(candidate)})`;
      return phrase`The calibration cannot be used: ${REFUSED[cause]}${both}.`;
    },
    steps: ({ cause }, report) => [
      cause === 'no-update'
        ? phrase`Give the weights that the candidate was trained from as ${code('--reference')}.`
        : phrase`Calibrate with checkpoints like this one: ${calibrateCommand(report)}`,
    ],
  },
};

/** The sentence is long, so it names few module types. */
const NAMED = 3;

function rangeOf(finding: FindingOf<'calibrated-metric'>): string {
  const { least, most, by, test } = finding;
  const [low, high] = formatPair(least, most);
  const probability = test === null ? '' : `, ${formatProbability(test.p)}`;
  return `${low} to ${high} seen (${limitSource(by, finding)}${probability})`;
}

const REFUSED: Readonly<Record<FindingOf<'calibration-refused'>['cause'], string>> = {
  'tool-version': 'it was measured by another version of Shadow Gate',
  architecture: 'it is of another architecture',
  reference: 'it was measured against another reference',
  adapter: 'it is of the other kind',
  rank: 'it is of another LoRA rank',
  tensors: 'it is of other tensors',
  shape: 'it is of other shapes',
  'no-update': 'the candidate has no update, since no reference was given',
  'low-rank': 'its updates are of another kind',
  updates: 'its runs updated other matrices',
  metric: 'the candidate lacks a number that it judges',
};

type Judged = NonNullable<CalibratedMetric['judged']>;

function limitsOf({ kind, runs, test }: CalibrationReport, judged: readonly Judged[]): string {
  const known = { runs: runs.length, calibration: kind, test };
  return [...new Set(judged.map(({ by }) => limitSource(by, known)))].join('; ');
}

function standsOf({ test }: CalibrationReport, judged: readonly Judged[]): Phrase {
  const within = judged.filter(({ outcome }) => outcome === 'within').length;
  const unjudged = judged.filter(({ outcome }) => outcome === 'not-calibrated').length;
  const other = unjudged === 0 ? '' : `, ${formatInteger(unjudged)} not calibrated for an update of this size`;
  const probability = test === null ? '' : `, ${formatProbability(test.p)}`;
  return phrase`${formatInteger(within)} of ${formatCount(judged.length, 'number')} within their limits${other}${probability}`;
}

function missingCalibration(calibration: CalibrationReport | null, judged: number): string {
  if (calibration === null) return 'there is no calibration';
  if (calibration.refused !== null) return 'the calibration cannot be used';
  return judged > 0 ? 'it is not calibrated for an update of this size' : 'there are too few known-good checkpoints';
}
