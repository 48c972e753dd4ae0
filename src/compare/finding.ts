import { z } from 'zod';
import { accuracyLossFinding } from './findings/accuracy-loss.ts';
import { baselineFindings } from './findings/baseline.ts';
import { behaviorFindings } from './findings/behavior.ts';
import { benchmarkFindings } from './findings/benchmarks.ts';
import { calibrationFindings } from './findings/calibration.ts';
import { confirmationFindings } from './findings/confirmation.ts';
import { coverageFindings } from './findings/coverage.ts';
import type { FindingTraits } from './findings/define-finding.ts';
import { evidenceFindings } from './findings/evidence.ts';
import type { Reason } from './findings/flat-form.ts';
import { freshFinding } from './findings/fresh.ts';
import { halvesFindings } from './findings/halves.ts';
import { letterFindings } from './findings/letters.ts';
import { levelLostFinding } from './findings/level-lost.ts';
import { likelihoodFindings } from './findings/likelihood.ts';
import { mergeFindings } from './findings/merge.ts';
import { mustPassFindings } from './findings/must-pass.ts';
import { nonFiniteFindings } from './findings/non-finite.ts';
import { otherModelFindings } from './findings/other-model.ts';
import { otherQuestionsFindings } from './findings/other-questions.ts';
import { otherWeightsFindings } from './findings/other-weights.ts';
import { ownTextFinding } from './findings/own-text.ts';
import { policyRuleFindings } from './findings/policy-rules.ts';
import { probeCoverageFindings } from './findings/probe-coverage.ts';
import { probeNoteFindings } from './findings/probe-notes.ts';
import { protocolFindings } from './findings/protocol.ts';
import { quantizationFinding } from './findings/quantization.ts';
import { rankLossFindings } from './findings/rank-loss.ts';
import { refusalFindings } from './findings/refusals.ts';
import { retentionFinding } from './findings/retention.ts';
import { shadowDeltaFindings } from './findings/shadow-delta.ts';
import { signatureFindings } from './findings/signature.ts';
import { spikeFindings } from './findings/spikes.ts';
import { suiteFindings } from './findings/suites.ts';
import { textLikelihoodFinding } from './findings/text-likelihood.ts';
import { trendFinding } from './findings/trend.ts';
import { twinAccuracyFindings } from './findings/twin-accuracy.ts';
import { twoKeyFinding } from './findings/two-key.ts';
import { updateFindings } from './findings/update.ts';
import { vocabularyRowsFinding } from './findings/vocabulary-rows.ts';
import { type Level, SEVERITY } from './rows/fields.ts';

export { type Level, type Scope, SEVERITY } from './rows/fields.ts';

/** Every kind of finding: the order of kinds of one rank (`findings/rank.ts`). */
const FINDINGS = [
  // Are candidate and baseline alike?
  ...baselineFindings,
  ...otherModelFindings,
  ...otherWeightsFindings,
  ...otherQuestionsFindings,
  // Spectra.
  ...policyRuleFindings,
  ...calibrationFindings,
  ...spikeFindings,
  ...rankLossFindings,
  ...updateFindings,
  quantizationFinding,
  vocabularyRowsFinding,
  // How the model is used, and what was measured at all.
  ...behaviorFindings,
  ...halvesFindings,
  ...coverageFindings,
  ...mergeFindings,
  ...signatureFindings,
  ...nonFiniteFindings,
  // Answers.
  ...probeCoverageFindings,
  ...probeNoteFindings,
  ...evidenceFindings,
  ownTextFinding,
  freshFinding,
  ...protocolFindings,
  ...letterFindings,
  ...mustPassFindings,
  ...refusalFindings,
  ...twinAccuracyFindings,
  accuracyLossFinding,
  ...likelihoodFindings,
  textLikelihoodFinding,
  ...shadowDeltaFindings,
  ...benchmarkFindings,
  levelLostFinding,
  retentionFinding,
  ...suiteFindings,
  // Other questions, both halves, and the history.
  ...confirmationFindings,
  twoKeyFinding,
  trendFinding,
] as const;
const [first, ...others] = FINDINGS;

/** Data only: `report/findings` makes the sentences. `info` findings never change the verdict. */
export const findingSchema = z.discriminatedUnion('kind', [first.schema, ...others.map(({ schema }) => schema)]);
export type Finding = z.infer<typeof findingSchema>;
export type FindingKind = Finding['kind'];
export type FindingOf<K extends FindingKind> = Extract<Finding, { kind: K }>;

export function mildestOf(...levels: Level[]): Level {
  return SEVERITY.findLast((level) => levels.includes(level)) ?? 'info';
}

export const FINDING_KINDS: readonly FindingKind[] = FINDINGS.map(({ kind }) => kind);

const traits = new Map<FindingKind, FindingTraits<Finding>>(FINDINGS.map((known) => [known.kind, known]));

export function findingTraits(kind: FindingKind): FindingTraits<Finding> {
  const known = traits.get(kind);
  if (known === undefined) throw new Error(`no finding is called ${kind}`);
  return known;
}

/** An input of the verdict other than the candidate that the change under test touches. */
export type ChangedInput = Omit<FindingOf<'changed-input'>, 'kind'>;

export function findingReason(finding: Finding): Reason {
  return findingTraits(finding.kind).reason(finding);
}

/** Most findings are about one place. */
export function findingPlaces(finding: Finding): readonly string[] {
  return findingTraits(finding.kind).places?.(finding) ?? [findingReason(finding).place];
}
