export type { Checkpoint } from './checkpoint.ts';
export { type DigestedTensor, digestCheckpoint, TensorDigests } from './digest.ts';
export {
  type DigestShare,
  digestShare,
  isOutline,
  isShareable,
  type JoinedDigest,
  joinDigestShares,
  outlineOf,
} from './digest-share.ts';
export { expectUnchanged, whileUnchanged } from './expect-unchanged.ts';
export { checkpointListing, type ListedCheckpoint, openListed } from './listed.ts';
export { checkpointName, fetchTensors, openCheckpoint, openMergedAdapter, openReference } from './open.ts';
export { findOtherWeights, type OtherWeights } from './other-weights.ts';
export { checkSignature, type ModelSignature } from './signature/check-signature.ts';
