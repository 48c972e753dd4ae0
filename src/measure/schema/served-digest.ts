import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { Served } from './measurement.ts';

/** Takes the place of the digest of weights that are not there: two models with the same one cannot be told apart. */
export const servedDigest = (served: Served): string => `sha256:${sha256(canonicalJson(['served', served]))}`;
