import { VERSION } from '@shadow-gate/platform';
import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { compare } from '../../src/compare/compare.ts';
import type { ChangedInput, Finding, FindingKind, FindingOf } from '../../src/compare/finding.ts';
import type { Report } from '../../src/compare/report.ts';
import { summarize } from '../../src/measure/aggregate.ts';
import { readBehaviorValues } from '../../src/measure/behavior/part.ts';
import type { Half } from '../../src/measure/options.ts';
import type { Behavior, LogitScale } from '../../src/measure/schema/behavior.ts';
import {
  MEASUREMENT_SCHEMA,
  type Measurement,
  measurementSchema,
  type TensorMeasurement,
} from '../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { spectrum, subject, tensor } from '../report/fixtures.ts';

const identity = (name: string): Measurement['checkpoint'] => ({
  digest: `sha256:${name}`,
  format: 'safetensors',
  dtypes: { BF16: 4 },
  tensors: 4,
  parameters: 12_288,
});

/** W and ΔW of one attention and one MLP matrix in each of two layers. */
export function matrices(): TensorMeasurement[] {
  return [0, 1].flatMap((layer) =>
    (['q_proj', 'up_proj'] as const).flatMap((module) =>
      (['weight', 'delta'] as const).map((of) => tensor(`${layer}.${module}`, module, of, spectrum(), { layer })),
    ),
  );
}

/** The files and the size of the logits of a checkpoint. */
export function behavior(over: Partial<Behavior['files']> = {}, scale: Partial<LogitScale> = {}): Behavior {
  const part = (content: string) => readBehaviorValues({ content });
  const files: Behavior['files'] = {
    tokenizer: part('tokenizer'),
    'special-tokens': readBehaviorValues({ bos_token: '<s>', eos_token: '</s>', pad_token: '</s>' }),
    'chat-template': part('template'),
    'generation-config': readBehaviorValues({ temperature: 0.6 }),
    config: readBehaviorValues({ max_position_embeddings: 4096 }),
    code: null,
    ...over,
  };
  const head = { name: 'lm_head.weight', rms: 0.1 };
  const norm = { name: 'norm.weight', rms: 2 };
  return { files, logitScale: { head, norm, multiplier: 1, logits: 2, ...scale } };
}

/** A small measurement of spectra without probes. The summaries follow from the matrices. */
export function measurement(over: Partial<Measurement> = {}): Measurement {
  const tensors = over.tensors ?? matrices();
  return measurementSchema.parse({
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: identity('checkpoint'),
    architecture: subject().architecture,
    reference: identity('reference'),
    device: 'cpu',
    method: { mode: 'exact', accumulation: 'float64' },
    ...summarize(tensors),
    tensors,
    vectors: [{ name: 'norm', shape: [96] }],
    nonFinite: [],
    skipped: [],
    mismatched: [],
    behavior: behavior(),
    merge: null,
    probes: null,
    benchmarks: null,
    shard: null,
    run: {
      time: '2026-03-01T12:00:00Z',
      host: 'host',
      platform: 'linux-x64',
      node: '20.19.0',
      cores: 2,
      durationSeconds: 1,
      checkpoint: 'candidate',
      reference: 'reference',
      adapter: null,
      deviceReason: 'requested',
      recalledSpectra: 0,
      probes: null,
    },
    ...over,
  } satisfies Measurement);
}

/** A measurement whose matrices differ from those of {@link measurement} in one respect. */
export function withMatrices(change: (tensor: TensorMeasurement) => Partial<TensorMeasurement> | null): Measurement {
  return measurement({ tensors: matrices().map((tensor) => ({ ...tensor, ...change(tensor) })) });
}

/** A measurement whose ΔW of the whole model has another summary. */
export function withDelta(over: Partial<NonNullable<Measurement['model']['delta']>>): Measurement {
  const made = measurement();
  const { delta } = made.model;
  if (delta === null) throw new Error('the measurement has no update');
  return { ...made, model: { delta: { ...delta, ...over } } };
}

/** A measurement of the probes alone, as `--only probes` makes it. */
export function probesOnly(probes: Measurement['probes'], over: Partial<Measurement> = {}): Measurement {
  return measurement({ method: null, reference: null, tensors: [], vectors: [], probes, ...over });
}

/** A suite with a seed, as the built-in one. */
export const SUITE: MeasuredProbes['suites'][number] = {
  name: 'builtin',
  version: 1,
  digest: 'sha256:items',
  seed: 1,
  items: 200,
};

/** Answers to facts 0, 1, … of one family, a benchmark form and a twin each. Half of them are right. */
export function answers(facts = 100, suite = SUITE.name): ProbeItemMeasurement[] {
  return Array.from({ length: facts }, (_, i) =>
    (['benchmark', 'twin'] as const).map((form) => ({
      suite,
      id: `${i}.${form}`,
      fact: `${i}`,
      capability: 'recall',
      family: 'colors',
      cluster: form,
      form,
      prompt: `prompt of ${i}`,
      right: 'green',
      given: i % 2 ? 'green' : 'pink',
      correct: i % 2 === 1,
      chance: 0.25,
      margin: i % 2 ? 1 : -1,
      probability: i % 2 ? 0.8 : 0.1,
      logprobs: null,
    })),
  ).flat();
}

export function probes(over: Partial<MeasuredProbes> = {}): MeasuredProbes {
  return {
    status: 'measured',
    suites: [SUITE],
    seed: 1,
    chatTemplate: false,
    budgetSeconds: null,
    items: answers(),
    notes: [],
    leftOut: [],
    ...over,
  };
}

export interface ComparisonOptions {
  /** YAML; the defaults if missing. */
  readonly policy?: string;
  readonly baselinePath?: string;
  readonly only?: Half | undefined;
  readonly changes?: readonly ChangedInput[];
}

export function reportOn(
  candidate: Measurement,
  baseline: Measurement | null,
  { policy = '', baselinePath, changes, only }: ComparisonOptions = {},
): Report {
  const resolved = { policy: parsePolicy(policy, 'policy.yml'), policyPath: null };
  return compare({
    candidate,
    baseline,
    baselinePath: baselinePath ?? null,
    changes,
    only,
    ...resolved,
    today: new Date(),
  });
}

/**
 * Everything that the gate finds when it compares two measurements, except the note that both are of one checkpoint:
 * measurements here have the same digest unless a test gives them another.
 */
export function findingsOn(...comparison: Parameters<typeof reportOn>): Finding[] {
  return reportOn(...comparison).findings.filter(
    (one) => !(one.kind === 'nothing-trained' && one.against === 'baseline' && one.isIdentical),
  );
}

/** The findings of one kind. */
export function ofKind<K extends FindingKind>(kind: K, findings: readonly Finding[]): FindingOf<K>[] {
  return findings.filter((finding): finding is FindingOf<K> => finding.kind === kind);
}
