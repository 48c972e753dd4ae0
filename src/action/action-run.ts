import type { Logs } from '@shadow-gate/harness';
import type { Endpoint, SeedChoice } from '../measure/options.ts';
import type { Shard } from '../measure/shards/index.ts';
import type { Inputs } from './input-schema.ts';

export type ActionRun = GateRun | LogsRun | ShardRun | MergeRun | CalibrateRun | PublishRun;

export interface GateRun extends MeasuringRun, ReportingRun {
  readonly kind: 'gate';
  /** The full spectra of every matrix. */
  readonly all: boolean;
  /** Repeat a check that fails only by lost answers with new questions. */
  readonly confirm: boolean;
}

export interface LogsRun extends ReportingRun {
  readonly kind: 'logs';
  readonly logs: Logs;
}

export interface ShardRun extends MeasuringRun, SkippableRun {
  readonly kind: 'shard';
  readonly shard: Shard;
}

export interface MergeRun extends ReportingRun {
  readonly kind: 'merge';
  /** The half that the shards measured, if not both. */
  readonly only: Inputs['only'];
  /** The checkpoint of the shards; undefined: not checked. */
  readonly checkpoint: string | undefined;
  /** Reference of the shards; what they say about it proves nothing. */
  readonly reference: string | undefined;
}

export interface CalibrateRun
  extends KeyedRun,
    Pick<JudgingRun, 'calibration' | 'policy' | 'updateBaseline' | 'cache'>,
    Pick<MeasuringRun, 'reference' | 'device' | 'cudaLibraries' | 'method'> {
  readonly kind: 'calibrate';
  /** Known-good ones: paths of checkpoints, or of measurements. */
  readonly checkpoints: readonly string[];
  /** They are checkpoints of one run, in order. */
  readonly series: boolean;
}

export interface PublishRun extends PagedRun, CommentingRun {
  readonly kind: 'publish';
  /** Path of the report. */
  readonly report: string;
  /** As in the run that made the report, whose end has to agree with the verdict. */
  readonly failOn: Inputs['fail-on'];
}

interface SkippableRun {
  /** The label of a pull request that skips it. */
  readonly skip: string | undefined;
}

export interface KeyedRun {
  readonly key: string;
  /** The key as a safe, unique name for a folder, an artifact or a branch. */
  readonly slug: string;
}

export interface PagedRun extends KeyedRun {
  readonly artifact: Inputs['artifact'];
  /** The folder for results, as an absolute path. */
  readonly out: string;
}

export interface CommentingRun {
  readonly comment: Inputs['comment'];
}

/** A run that needs what the checkpoint is judged by. */
export interface JudgingRun extends KeyedRun {
  readonly baseline: string;
  /** A path, or `off`. */
  readonly calibration: string;
  readonly policy: string | undefined;
  readonly updateBaseline: Inputs['update-baseline'];
  readonly cache: Inputs['cache'];
  readonly out: string;
}

export interface MeasuringRun extends JudgingRun {
  /** Undefined for an endpoint without one. */
  readonly checkpoint: string | undefined;
  readonly revision: string | undefined;
  readonly reference: string | undefined;
  readonly adapter: string | undefined;
  readonly device: Inputs['device'];
  readonly cudaLibraries: Inputs['cuda-libraries'];
  readonly method: Inputs['method'];
  readonly only: Inputs['only'];
  readonly seed: SeedChoice | undefined;
  readonly budgetSeconds: number | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly baselineEndpoint: Endpoint | undefined;
}

/** A run that ends with a verdict. */
export interface ReportingRun extends JudgingRun, PagedRun, CommentingRun, SkippableRun {
  /** The label of a pull request that turns its failed check neutral. */
  readonly override: string | undefined;
  readonly issue: Inputs['issue'];
  readonly attest: boolean;
  readonly failOn: Inputs['fail-on'];
}
