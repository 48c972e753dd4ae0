import type { FindingKind } from '../../compare/finding.ts';
import { ACCURACY_LOSS_WORDS } from './accuracy-loss.ts';
import { BASELINE_WORDS } from './baseline.ts';
import { BEHAVIOR_WORDS } from './behavior.ts';
import { BENCHMARK_WORDS } from './benchmarks.ts';
import { CALIBRATION_WORDS } from './calibration.ts';
import { CONFIRMATION_WORDS } from './confirmation.ts';
import { COVERAGE_WORDS } from './coverage.ts';
import { EVIDENCE_WORDS } from './evidence.ts';
import type { TopicWords } from './finding-words.ts';
import { FRESH_WORDS } from './fresh.ts';
import { HALF_WORDS } from './halves.ts';
import { LETTER_WORDS } from './letters.ts';
import { LEVEL_LOST_WORDS } from './level-lost.ts';
import { LIKELIHOOD_WORDS } from './likelihood.ts';
import { MERGE_WORDS } from './merge.ts';
import { MUST_PASS_WORDS } from './must-pass.ts';
import { NON_FINITE_WORDS } from './non-finite.ts';
import { OTHER_MODEL_WORDS } from './other-model.ts';
import { OTHER_QUESTION_WORDS } from './other-questions.ts';
import { OTHER_WEIGHTS_WORDS } from './other-weights.ts';
import { OWN_TEXT_WORDS } from './own-text.ts';
import { POLICY_RULE_WORDS } from './policy-rules.ts';
import { PROBE_COVERAGE_WORDS } from './probe-coverage.ts';
import { PROBE_NOTE_WORDS } from './probe-notes.ts';
import { PROTOCOL_WORDS } from './protocol.ts';
import { QUANTIZATION_WORDS } from './quantization.ts';
import { RANK_LOSS_WORDS } from './rank-loss.ts';
import { REFUSAL_WORDS } from './refusals.ts';
import { RETENTION_WORDS } from './retention.ts';
import { SHADOW_DELTA_WORDS } from './shadow-delta.ts';
import { SIGNATURE_WORDS } from './signature.ts';
import { SPIKE_WORDS } from './spikes.ts';
import { SUITE_WORDS } from './suites.ts';
import { TEXT_LIKELIHOOD_WORDS } from './text-likelihood.ts';
import { TREND_WORDS } from './trend.ts';
import { TWIN_ACCURACY_WORDS } from './twin-accuracy.ts';
import { TWO_KEY_WORDS } from './two-key.ts';
import { UPDATE_WORDS } from './update.ts';
import { VOCABULARY_ROW_WORDS } from './vocabulary-rows.ts';

/** Rules of the policy are shown in this order. */
export const FINDING_WORDS: TopicWords<FindingKind> = {
  ...POLICY_RULE_WORDS,
  ...CALIBRATION_WORDS,
  ...SPIKE_WORDS,
  ...NON_FINITE_WORDS,
  ...VOCABULARY_ROW_WORDS,
  ...RANK_LOSS_WORDS,
  ...UPDATE_WORDS,
  ...QUANTIZATION_WORDS,
  ...MERGE_WORDS,
  ...SIGNATURE_WORDS,
  ...COVERAGE_WORDS,
  ...HALF_WORDS,
  ...BASELINE_WORDS,
  ...BEHAVIOR_WORDS,
  ...OTHER_MODEL_WORDS,
  ...OTHER_WEIGHTS_WORDS,
  ...OTHER_QUESTION_WORDS,
  ...OWN_TEXT_WORDS,
  ...PROTOCOL_WORDS,
  ...FRESH_WORDS,
  ...TWIN_ACCURACY_WORDS,
  ...ACCURACY_LOSS_WORDS,
  ...LIKELIHOOD_WORDS,
  ...TEXT_LIKELIHOOD_WORDS,
  ...SHADOW_DELTA_WORDS,
  ...RETENTION_WORDS,
  ...SUITE_WORDS,
  ...LETTER_WORDS,
  ...LEVEL_LOST_WORDS,
  ...REFUSAL_WORDS,
  ...MUST_PASS_WORDS,
  ...EVIDENCE_WORDS,
  ...CONFIRMATION_WORDS,
  ...TWO_KEY_WORDS,
  ...PROBE_COVERAGE_WORDS,
  ...PROBE_NOTE_WORDS,
  ...BENCHMARK_WORDS,
  ...TREND_WORDS,
};
