export { bisect } from './bisect.ts';
export { bootstrap, percentileInterval } from './bootstrap.ts';
export { clopperPearson } from './clopper-pearson.ts';
export { controlledRatio } from './controlled-ratio.ts';
export { type CusumPoint, cusum, DECISION_INTERVAL } from './cusum.ts';
export {
  arithmeticMean,
  leastOf,
  median,
  mostOf,
  robustZ,
  standardDeviation,
  standardErrorOfMean,
  weightedMean,
} from './descriptive.ts';
export { binomialAtLeast, normalQuantile, tQuantile } from './distributions.ts';
export { excessMatches } from './excess-matches.ts';
export { holm } from './holm.ts';
export { conformalSpread, fewestRuns, jointConformal } from './joint-conformal.ts';
export { exactInterval, kornGraubard } from './korn-graubard.ts';
export { type LeaveOneOutLine, leaveOneOutLine } from './leave-one-out.ts';
export { aboveChance, logOdds } from './log-odds.ts';
export { ScaleCurve } from './logit-scale-curve.ts';
export { mannWhitney } from './mann-whitney.ts';
export { exactMcNemar } from './mcnemar.ts';
export { minimumDetectableDrop, minimumDetectableMean } from './power.ts';
export { exactSignFlip, gridSignFlip } from './sign-flip.ts';
export { signTest } from './sign-test.ts';
export { stratifiedDifference } from './stratified-difference.ts';
export { clusteredError, clusterInterval, ratioInterval, welchInterval } from './t-interval.ts';
export { tango } from './tango.ts';
export { logEvidence, type Prior, type SeenBlocks } from './total-evidence.ts';
export { widenedRange } from './widened-range.ts';
export { wilcoxonSignedRank } from './wilcoxon.ts';
