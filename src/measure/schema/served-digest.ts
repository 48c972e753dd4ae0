import { canonicalJson } from '../../platform/canonical-json.ts';
import { sha256 } from '../../platform/sha256.ts';
import type { Served } from './measurement.ts';

/** Takes the place of the digest of weights that are not there: two models with the same are the same as far as one can tell. */
export const servedDigest = (served: Served): string => `sha256:${sha256(canonicalJson(['served', served]))}`;
