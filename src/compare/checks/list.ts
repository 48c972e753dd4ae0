import type { CheckGroup } from '../check.ts';
import { areTooFew } from '../probes/enough-facts.ts';
import { accuracyLossCheck } from './accuracy-loss.ts';
import { changedInputsCheck, comparabilityCheck, missingBaselineCheck, staleBaselineCheck } from './baseline.ts';
import { changedBehaviorCheck } from './behavior.ts';
import {
  benchmarkGainCheck,
  benchmarkLikelihoodCheck,
  benchmarkLossCheck,
  benchmarksNotComparableCheck,
  benchmarksUnclearCheck,
  evaluationLogsCheck,
  logsOfOneSideCheck,
  sameLogsCheck,
} from './benchmarks.ts';
import { calibratedCheck } from './calibration.ts';
import {
  answeredByServerCheck,
  missingHalfCheck,
  nothingMeasuredCheck,
  sameAnswersCheck,
  skippedTensorsCheck,
  unreadFilesCheck,
  withoutWeightsCheck,
} from './coverage.ts';
import { freshCheck } from './fresh.ts';
import { gainNotShownCheck } from './gain-not-shown.ts';
import { baselineMemorizedCheck, labelsNotBoundCheck, lettersMemorizedCheck } from './letters.ts';
import { levelLostCheck } from './level-lost.ts';
import { answerMassCheck, likelihoodLossCheck, missingLikelihoodCheck } from './likelihood.ts';
import { logitScaleCheck } from './logit-scale.ts';
import { mergeCheck } from './merge.ts';
import { mustPassCheck } from './must-pass.ts';
import { missingSpectraCheck, nonFiniteCheck } from './non-finite.ts';
import { otherQuestionsCheck, probeComparabilityCheck } from './other-questions.ts';
import { ownTextCheck } from './own-text.ts';
import { idleRulesCheck, movedMetricsCheck, unclearMetricsCheck } from './policy-rules.ts';
import { otherPrecisionCheck } from './precision.ts';
import { lostItemsCheck, probeCoverageCheck, stoppedEarlyCheck } from './probe-coverage.ts';
import { protocolCheck } from './protocol.ts';
import { quantizationErrorCheck } from './quantization.ts';
import { rankLossCheck } from './rank-loss.ts';
import { refusalsCheck } from './refusals.ts';
import { retentionCheck } from './retention.ts';
import { shadowDeltaCheck } from './shadow-delta.ts';
import { signatureCheck } from './signature.ts';
import { spikesCheck } from './spikes.ts';
import { missingSuitesCheck, sliceLossCheck, slicesNotJudgedCheck, unclearSuitesCheck } from './suites.ts';
import { textLikelihoodCheck } from './text-likelihood.ts';
import { tooFewFactsCheck } from './too-few-facts.ts';
import { twinAccuracyCheck } from './twin-accuracy.ts';
import { twoKeyCheck } from './two-key.ts';
import { leftOpenCheck } from './undecided.ts';
import { uninformativeProbesCheck } from './uninformative-probes.ts';
import { untrainedCheck } from './untrained.ts';
import { missingRatioCheck, referenceRoundingCheck, updateSizeCheck } from './update.ts';
import { vocabularyRowsCheck } from './vocabulary-rows.ts';

/** Every check, in the order in which findings of one level are reported. */
export const CHECKS: readonly CheckGroup[] = [
  {
    about: 'sides',
    checks: [
      withoutWeightsCheck,
      answeredByServerCheck,
      otherPrecisionCheck,
      sameAnswersCheck,
      missingHalfCheck,
      missingBaselineCheck,
      staleBaselineCheck,
      changedInputsCheck,
      unreadFilesCheck,
      comparabilityCheck,
      changedBehaviorCheck,
      logitScaleCheck,
      // Without baseline or limit: the checkpoint is what it claims to be made of, or not.
      mergeCheck,
      signatureCheck,
    ],
  },
  {
    // True for any number of facts.
    about: 'answers',
    checks: [
      lostItemsCheck,
      missingSuitesCheck,
      tooFewFactsCheck,
      probeComparabilityCheck,
      ownTextCheck,
      protocolCheck,
      freshCheck,
      otherQuestionsCheck,
      probeCoverageCheck,
      missingLikelihoodCheck,
      mustPassCheck,
      refusalsCheck,
    ],
  },
  {
    // Only with enough answers.
    about: 'answers',
    runIf: (context) => !areTooFew(context),
    checks: [
      lettersMemorizedCheck,
      shadowDeltaCheck,
      gainNotShownCheck,
      twinAccuracyCheck,
      accuracyLossCheck,
      sliceLossCheck,
      slicesNotJudgedCheck,
      likelihoodLossCheck,
      answerMassCheck,
      retentionCheck,
      baselineMemorizedCheck,
      labelsNotBoundCheck,
      levelLostCheck,
      // Reads accuracy-loss, also of the second phase.
      uninformativeProbesCheck,
    ],
  },
  { about: 'stops', checks: [stoppedEarlyCheck] },
  // Apart from the questions, since texts are no evidence of harm: no other check looks at these findings.
  { about: 'texts', checks: [textLikelihoodCheck] },
  {
    about: 'benchmarks',
    checks: [
      evaluationLogsCheck,
      logsOfOneSideCheck,
      sameLogsCheck,
      benchmarksNotComparableCheck,
      benchmarkLossCheck,
      benchmarkLikelihoodCheck,
      benchmarkGainCheck,
      benchmarksUnclearCheck,
      unclearSuitesCheck,
    ],
  },
  { about: 'keys', checks: [twoKeyCheck] },
  {
    about: 'spectra',
    checks: [
      vocabularyRowsCheck,
      quantizationErrorCheck,
      nonFiniteCheck,
      rankLossCheck,
      updateSizeCheck,
      untrainedCheck,
      nothingMeasuredCheck,
      missingSpectraCheck,
      calibratedCheck,
      leftOpenCheck,
      movedMetricsCheck,
      unclearMetricsCheck,
      idleRulesCheck,
      referenceRoundingCheck,
      missingRatioCheck,
      spikesCheck,
      skippedTensorsCheck,
    ],
  },
];

export const ANSWER_CHECKS: readonly CheckGroup[] = CHECKS.filter(({ about }) => about === 'answers');
