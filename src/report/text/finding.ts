import type { Finding, FindingKind, FindingOf } from '../../compare/finding.ts';
import { changedInput } from '../findings/baseline.ts';
import * as behavior from '../findings/behavior.ts';
import * as benchmarks from '../findings/benchmarks.ts';
import * as calibration from '../findings/calibration.ts';
import * as letters from '../findings/letters.ts';
import * as merge from '../findings/merge.ts';
import * as comparability from '../findings/other-weights.ts';
import * as spectral from '../findings/policy-rules.ts';
import * as probes from '../findings/probe-coverage.ts';
import { code, type Phrase, phrase, plain } from './phrase.ts';

/** The sentence of every kind of finding. */
const SENTENCES: { readonly [K in FindingKind]: (finding: FindingOf<K>) => Phrase } = {
  'metric-moved': spectral.metricMoved,
  'calibrated-metric': calibration.calibratedMetric,
  'not-calibrated-here': calibration.notCalibratedHere,
  'calibration-refused': calibration.calibrationRefused,
  'bounds-too-wide': spectral.boundsTooWide,
  'idle-rule': spectral.idleRule,
  spike: spectral.spike,
  'group-spike': spectral.groupSpike,
  'rank-loss': spectral.rankLoss,
  'rank-not-checked': spectral.rankNotChecked,
  'zero-rows': spectral.zeroRows,
  'non-finite': spectral.nonFinite,
  'no-spectrum': spectral.noSpectrum,
  'update-size': spectral.updateSize,
  'nothing-trained': spectral.nothingTrained,
  'only-head-trained': spectral.onlyHeadTrained,
  'quantization-error': spectral.quantizationError,
  'reference-rounding': spectral.referenceRounding,
  'ratio-missing': spectral.ratioMissing,
  'merge-proven': merge.proven,
  'merge-unseen': merge.unseen,
  'merge-fault': merge.fault,
  'merge-not-finite': merge.notFinite,
  'merge-other-tensors': merge.otherTensors,
  'nothing-measured': () => phrase`The candidate has neither spectra nor probe results: measure it again.`,
  'all-skipped': () => phrase`No matrix could be measured: all tensors were skipped.`,
  'mostly-skipped': spectral.mostlySkipped,
  skipped: spectral.skipped,
  'unread-files': comparability.unreadFiles,
  'missing-baseline': comparability.missingBaseline,
  'changed-input': changedInput,
  'changed-behavior': behavior.changedBehavior,
  'logit-scale': behavior.logitScale,
  'behavior-not-compared': behavior.behaviorNotCompared,
  'other-version': comparability.otherVersion,
  'other-architecture': comparability.otherArchitecture,
  'baseline-without-spectra': () =>
    phrase`The baseline has no spectra to compare with: measure it again without ${code('--only probes')}.`,
  'baseline-is-reference': comparability.baselineIsReference,
  'adapter-and-full': comparability.adapterAndFull,
  'other-reference': comparability.otherReference,
  'reference-shape': comparability.referenceShape,
  'other-tensors': comparability.otherTensors,
  'other-updates': comparability.otherUpdates,
  'other-chat-template': comparability.otherChatTemplate,
  'other-questions': comparability.otherQuestions,
  'other-suite': comparability.otherSuite,
  'other-seed': comparability.otherSeed,
  'texts-not-hashed': comparability.textsNotHashed,
  'other-levels': comparability.otherLevels,
  'no-common-items': () => phrase`Candidate and baseline have no probe item in common: measure the baseline again.`,
  'twin-accuracy': probes.twinAccuracy,
  'twin-accuracy-unclear': probes.twinAccuracyUnclear,
  'not-informative': probes.notInformative,
  'shadow-delta': probes.shadowDelta,
  retention: probes.retention,
  'letters-memorized': letters.lettersMemorized,
  'baseline-memorized': letters.baselineMemorized,
  'labels-not-bound': letters.labelsNotBound,
  'two-key': probes.twoKey,
  'probes-not-run': probes.probesNotRun,
  'stopped-early': probes.stoppedEarly,
  'left-out': probes.leftOut,
  'no-weights': comparability.noWeights,
  'answered-by-server': comparability.answeredByServer,
  'other-precision': comparability.otherPrecision,
  'same-answers': comparability.sameAnswers,
  'one-half-only': probes.oneHalfOnly,
  'no-answers': probes.noAnswers,
  'items-lost': probes.itemsLost,
  'gain-not-shown': probes.gainNotShown,
  'accuracy-loss': probes.accuracyLoss,
  'level-lost': probes.levelLost,
  'too-few-facts': probes.tooFewFacts,
  'capability-not-judged': probes.capabilityNotJudged,
  'probe-notes': probes.probeNotes,
  unpaired: probes.unpaired,
  'evaluation-logs': benchmarks.evaluationLogs,
  'logs-of-one-side': benchmarks.logsOfOneSide,
  'benchmark-not-comparable': benchmarks.notComparable,
  'benchmark-loss': benchmarks.loss,
  'benchmark-gain-not-shown': benchmarks.gainNotShown,
  'benchmark-not-judged': benchmarks.notJudged,
  'benchmark-unclear': benchmarks.unclear,
  trend: probes.trend,
};

/** What a finding reports, in one or two full sentences. */
export function describeFinding<K extends FindingKind>(finding: FindingOf<K>): Phrase {
  const describe: (finding: FindingOf<K>) => Phrase = SENTENCES[finding.kind as K];
  return describe(finding);
}

/** The same as plain text, nothing escaped, as report.json has it. */
export function findingText(finding: Finding): string {
  return plain(describeFinding(finding));
}
