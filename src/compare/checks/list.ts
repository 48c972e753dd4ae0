import type { CheckGroup } from '../check.ts';
import { areTooFew } from '../probes/enough-facts.ts';
import { accuracyLossCheck } from './accuracy-loss.ts';
import { changedInputs, comparability, missingBaseline } from './baseline.ts';
import { baselineMemorized } from './baseline-memorized.ts';
import { changedBehavior } from './behavior.ts';
import {
  benchmarkGain,
  benchmarkLoss,
  benchmarksNotComparable,
  benchmarksUnclearCheck,
  evaluationLogs,
  logsOfOneSide,
  sameLogs,
} from './benchmarks.ts';
import { calibrated } from './calibration.ts';
import {
  answeredByServer,
  missingHalf,
  nothingMeasured,
  sameAnswers,
  skippedTensors,
  unreadFiles,
  withoutWeights,
} from './coverage.ts';
import { gainNotShownCheck } from './gain-not-shown.ts';
import { labelsNotBound } from './labels-not-bound.ts';
import { lettersMemorizedCheck } from './letters-memorized.ts';
import { levelLostCheck } from './level-lost.ts';
import { logitScale } from './logit-scale.ts';
import { merge } from './merge.ts';
import { missingSpectra, nonFinite } from './non-finite.ts';
import { otherQuestions, probeComparability } from './other-questions.ts';
import { idleRules, movedMetrics, unclearMetrics } from './policy-rules.ts';
import { otherPrecision } from './precision.ts';
import { lostItems, probeCoverage } from './probe-coverage.ts';
import { quantizationError } from './quantization.ts';
import { rankLoss } from './rank-loss.ts';
import { retentionCheck } from './retention.ts';
import { leftOpen } from './screened.ts';
import { shadowDeltaCheck } from './shadow-delta.ts';
import { spikes } from './spikes.ts';
import { stoppedEarly } from './stopped-early.ts';
import { tooFewFacts } from './too-few-facts.ts';
import { twinAccuracyCheck } from './twin-accuracy.ts';
import { twoKeyCheck } from './two-key.ts';
import { uninformativeProbesCheck } from './uninformative-probes.ts';
import { untrained } from './untrained.ts';
import { missingRatio, referenceRounding, updateSize } from './update.ts';

/** Every check of the gate, in the order in which findings of one level are reported. */
export const CHECKS: readonly CheckGroup[] = [
  {
    about: 'sides',
    checks: [
      withoutWeights,
      answeredByServer,
      otherPrecision,
      sameAnswers,
      missingHalf,
      missingBaseline,
      changedInputs,
      unreadFiles,
      comparability,
      changedBehavior,
      logitScale,
      // What needs no baseline and no limit: the checkpoint is what it is said to be made of, or it is not.
      merge,
    ],
  },
  {
    // What was asked and answered: true of any number of facts.
    about: 'answers',
    checks: [lostItems, tooFewFacts, probeComparability, otherQuestions, probeCoverage],
  },
  {
    // What the answers show, if there are enough of them.
    about: 'answers',
    runIf: ({ probes }) => !areTooFew(probes),
    checks: [
      lettersMemorizedCheck,
      shadowDeltaCheck,
      gainNotShownCheck,
      twinAccuracyCheck,
      accuracyLossCheck,
      retentionCheck,
      baselineMemorized,
      labelsNotBound,
      levelLostCheck,
      // Reads accuracy-loss, which is of the second phase as well.
      uninformativeProbesCheck,
    ],
  },
  { about: 'stops', checks: [stoppedEarly] },
  {
    // What the answers in logs of an evaluation show.
    about: 'benchmarks',
    checks: [
      evaluationLogs,
      logsOfOneSide,
      sameLogs,
      benchmarksNotComparable,
      benchmarkLoss,
      benchmarkGain,
      benchmarksUnclearCheck,
    ],
  },
  { about: 'keys', checks: [twoKeyCheck] },
  {
    about: 'spectra',
    checks: [
      quantizationError,
      nonFinite,
      rankLoss,
      updateSize,
      untrained,
      nothingMeasured,
      missingSpectra,
      calibrated,
      leftOpen,
      movedMetrics,
      unclearMetrics,
      idleRules,
      referenceRounding,
      missingRatio,
      spikes,
      skippedTensors,
    ],
  },
];

/** Those that look at the answers to probes: what early stopping asks. */
export const ANSWER_CHECKS: readonly CheckGroup[] = CHECKS.filter(({ about }) => about === 'answers');
