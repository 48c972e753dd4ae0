import type { Fuzzer } from '../fuzzer.ts';
import * as calibrations from './calibrations.ts';
import * as logs from './logs.ts';
import * as models from './models.ts';
import * as programs from './programs.ts';
import * as pytorch from './pytorch.ts';
import * as results from './results.ts';
import * as samples from './samples.ts';
import * as servers from './servers.ts';
import * as texts from './texts.ts';
import * as weights from './weights.ts';

/** One fuzzer for each reader of foreign input. */
export const FUZZERS: readonly Fuzzer[] = [
  weights,
  pytorch,
  models,
  logs,
  calibrations,
  results,
  samples,
  texts,
  servers,
  programs,
]
  .flatMap((group): Fuzzer[] => Object.values(group))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
