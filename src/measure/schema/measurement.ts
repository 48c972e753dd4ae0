import { WEIGHT_FORMAT_NAMES } from '@shadow-gate/checkpoints/hub';
import { SKIP_CAUSES } from '@shadow-gate/checkpoints/matrices';
import { COMPONENTS, MODULE_TYPES } from '@shadow-gate/checkpoints/naming';
import { benchmarksSchema } from '@shadow-gate/harness/benchmarks';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { PRECISIONS } from '@shadow-gate/language-model/precision';
import { probesSchema } from '@shadow-gate/probes/answer';
import {
  ACCUMULATIONS,
  MATRIX_METHODS,
  METHODS,
  maybeBoundedSchema,
  metricsSchema,
} from '@shadow-gate/spectra/metrics-schema';
import { z } from 'zod';
import { behaviorSchema } from './behavior.ts';
import { mergeSchema } from './merge.ts';
import { shardSchema } from './shard.ts';
import { signatureSchema } from './signature.ts';

export const MEASUREMENT_SCHEMA = 'shadow-gate/measurement@1';

/**
 * A rule of the policy or a default; whether an update is of low rank; a spike of W; spectra that may all be the
 * baseline's.
 */
const UNDECIDED_CAUSES = ['rule', 'low-rank', 'spike', 'unchanged'] as const;

export const componentSchema = z.enum(COMPONENTS).nullable();
export const moduleSchema = z.enum(MODULE_TYPES);
export const ofSchema = z.enum(['weight', 'delta']);

const nonFiniteSchema = z.strictObject({ nan: z.number().int(), inf: z.number().int() });

/** One matrix (a whole tensor, or a part of a fused one, named `tensor[part]`), as weight W or as update ΔW. */
export const tensorSchema = z.strictObject({
  name: z.string(),
  module: moduleSchema,
  layer: z.number().int().nullable(),
  component: componentSchema,
  expert: z.number().int().nullable(),
  shape: z.array(z.number().int()),
  of: ofSchema,
  /** Rank r of the adapter that makes this ΔW; absent for a dense one. */
  loraRank: z.number().int().optional(),
  /** `zero`: W is zero, or ΔW is (the matrix did not change). `notFinite`: NaN, Inf, or squares beyond float64. */
  status: z.enum(['measured', 'zero', 'notFinite']),
  /** How its spectrum was computed, and in what the matrix-sized products were accumulated. */
  method: z.enum(MATRIX_METHODS).default('exact'),
  accumulation: z.enum(ACCUMULATIONS).default('float64'),
  /** Null unless measured. */
  metrics: metricsSchema.nullable(),
  /** A remark, such as why a fused matrix was not split. */
  note: z.string().optional(),
  /** σ/σ₁ at evenly spaced ranks from first to last: the shape of the spectrum, for a sparkline. */
  spectrum: z.array(z.number()),
});
export type TensorMeasurement = z.infer<typeof tensorSchema>;

/** The summarized metrics by their dotted names: `topEnergy` becomes `topEnergy.1`, `topEnergy.5%`, … */
const summarySchema = z.record(z.string(), maybeBoundedSchema);

export const groupSchema = z.strictObject({
  of: ofSchema,
  component: componentSchema,
  module: moduleSchema,
  count: z.number().int(),
  parameters: z.number().int(),
  median: summarySchema,
  /** Mean weighted by each matrix's number of parameters. */
  weightedMean: summarySchema,
});
export type GroupMeasurement = z.infer<typeof groupSchema>;

export const identitySchema = z.strictObject({
  /**
   * `sha256:…` over names, shapes, dtypes and bytes of all tensors and the configuration; in a shard that read its own
   * tensors, `outlineOf`.
   */
  digest: z.string(),
  /**
   * `served`: a model at a server; `evaluated`: one that logs of an evaluation are of. Neither had its weights there.
   */
  format: z.enum([...WEIGHT_FORMAT_NAMES, 'lora', 'served', 'evaluated']),
  dtypes: z.record(z.string(), z.number().int()),
  tensors: z.number().int(),
  parameters: z.number().int(),
});

const sha256Schema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest');

/** A checkpoint as a hub lists it: no byte of its weights was read. */
const listedSchema = z.strictObject({
  /** With its commit: `hf://org/model@0123…`. */
  checkpoint: z.string(),
  /** See `digestListing`: it is not the digest of a checkpoint, and neither can be computed from the other. */
  listing: sha256Schema,
});
export type Listed = z.infer<typeof listedSchema>;

/** With the base model of an adapter; null if it is not known. */
const declaredSchema = listedSchema.extend({ base: listedSchema.nullable() });

/** What the identity of a served model rests on. Null: the server does not say so. */
const servedSchema = z.strictObject({
  /** The server's name for the model. */
  model: z.string(),
  /** Where the server has the weights from. */
  root: z.string().nullable(),
  /** Base model of an adapter. */
  parent: z.string().nullable(),
  contextLength: z.int().positive().nullable(),
  /** Version of the server's engine. */
  version: z.string().nullable(),
  /** What the user declared; nothing proves it. */
  revision: z.string().nullable(),
  /** SHA-256 of the answers to fixed prompts, in hexadecimal digits; null if the server contradicted itself. */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** What the user declared to be served there; absent if nothing was. */
  hub: declaredSchema.optional(),
});
export type Served = z.infer<typeof servedSchema>;

export const architectureSchema = z.strictObject({
  modelType: z.string().nullable(),
  name: z.string().nullable(),
  layers: z.number().int().nullable(),
  hiddenSize: z.number().int().nullable(),
  heads: z.number().int().nullable(),
  keyValueHeads: z.number().int().nullable(),
});

/** In what a model computed, and what its weights were in memory. */
export const precisionSchema = z.strictObject({ arithmetic: z.enum(PRECISIONS), weights: z.enum(PRECISIONS) });

/** Facts about one machine and time: the only part that differs between two runs on the same input. */
export const runSchema = z.strictObject({
  time: z.string(),
  host: z.string(),
  platform: z.string(),
  node: z.string(),
  cores: z.number().int(),
  durationSeconds: z.number(),
  checkpoint: z.string(),
  reference: z.string().nullable(),
  adapter: z.string().nullable().default(null),
  /**
   * How the hub lists the checkpoint, and the reference of an adapter, that were read; absent if they are not from one.
   */
  hub: declaredSchema.optional(),
  /**
   * Files on a hub that no machine had all bytes of, so that their SHA-256 was not compared with the hub's; absent if
   * there is none. The digest is of the bytes that were read.
   */
  unverified: z.array(z.string()).optional(),
  deviceReason: z.string(),
  /** Spectra that came from the cache. */
  recalledSpectra: z.int().nonnegative().default(0),
  /**
   * Matrices that were screened first, and whose full spectra were needed all the same. Absent where nothing was
   * screened.
   */
  completedSpectra: z
    .array(
      z.strictObject({
        of: ofSchema,
        name: z.string(),
        /** What their bounds did not decide. */
        cause: z.enum(UNDECIDED_CAUSES),
        /** Metric of the rule or check that needed them. */
        metric: z.string(),
      }),
    )
    .optional(),
  /**
   * The device or server that answered the probes, how long that took, and the estimates before it: for the items that
   * were asked, and for all of which a budget may have left time for a part (absent in version 0.2.0).
   */
  probes: z
    .strictObject({
      by: z.string(),
      /** Null: the server does not say. Absent in files of version 0.2.0, which computed in float32 on every device. */
      precision: precisionSchema.nullable().optional(),
      /** Absent where all weights were in memory, and where a server does not say. */
      execution: z.literal(LAYER_BY_LAYER).optional(),
      seconds: z.number(),
      expectedSeconds: z.number(),
      allSeconds: z.number().optional(),
      /**
       * Requests to a server, with those that were repeated, and the questions that they asked: prompts with all
       * choices.
       */
      server: z.strictObject({ requests: z.int().nonnegative(), questions: z.int().nonnegative() }).optional(),
    })
    .nullable()
    .default(null),
});

/** ΔW of the whole model; null where it cannot be computed. */
export const deltaModelSchema = z.strictObject({
  mlpAttentionRatio: maybeBoundedSchema.nullable(),
  mlpTopEnergy: maybeBoundedSchema.nullable(),
  attentionTopEnergy: maybeBoundedSchema.nullable(),
  updateSize: z.number().nullable(),
  /** Matrices of ΔW below the rounding noise of the dtype (snr < 10): counted, not judged. */
  belowNoise: z.number().int(),
  /** Matrices that did not change at all. */
  unchanged: z.number().int(),
  /** Written by version 0.1; the report derives it now. */
  note: z.string().optional(),
});

export const measurementSchema = z.strictObject({
  schema: z.literal(MEASUREMENT_SCHEMA),
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  checkpoint: identitySchema,
  /** Set for a model without weights: only behavior was measured. Absent for a checkpoint. */
  served: servedSchema.optional(),
  /**
   * The server that answered the probes in place of a checkpoint with weights; absent if none did, and in version 0.2.
   */
  answeredBy: servedSchema.optional(),
  architecture: architectureSchema,
  reference: identitySchema.nullable(),
  device: z.string(),
  /**
   * How the spectra were measured: fast and float32 if any of them was, or was screened in place of that; null: they
   * were not (`--only probes`).
   */
  method: z.strictObject({ mode: z.enum(METHODS), accumulation: z.enum(ACCUMULATIONS) }).nullable(),
  model: z.strictObject({ delta: deltaModelSchema.nullable() }),
  groups: z.array(groupSchema),
  tensors: z.array(tensorSchema),
  /** Norm weights, biases and the like: they have no spectrum, but they are compared. */
  vectors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.number().int()) })),
  /** Tensors with NaN or Inf, of any shape. */
  nonFinite: z.array(nonFiniteSchema.extend({ name: z.string() })),
  skipped: z.array(
    z.strictObject({
      name: z.string(),
      reason: z.string(),
      /** Absent for an update ΔW, and in measurements of version 0.2.0. */
      dtype: z.string().optional(),
      /** Elements that can have been trained: none of a buffer, a mask or an index. */
      parameters: z.int().nonnegative().optional(),
      cause: z.enum(SKIP_CAUSES).optional(),
    }),
  ),
  /** Files next to the weights in formats that are not read; absent if there is none, and in version 0.2.0. */
  unread: z.array(z.strictObject({ name: z.string(), what: z.string(), runsCode: z.boolean() })).optional(),
  /**
   * Digest of the files of the checkpoint itself that decide how it is used; absent where they were not there, and in
   * older measurements. `behavior` says what they mean, with those of the base model of an adapter.
   */
  behaviorFiles: sha256Schema.optional(),
  /** Absent without a signature next to the weights, where no weights were read, and in version 0.2. */
  signature: signatureSchema.optional(),
  /** Matrices of the blocks whose shape differs from the reference's. */
  mismatched: z.array(z.string()),
  /**
   * What is not in the spectra: tokenizer, templates, code, size of the logits. Null in files of version 0.2 and
   * before.
   */
  behavior: behaviorSchema.nullable().default(null),
  /** Null: no adapter was given, so that nothing is known of a merge. */
  merge: mergeSchema.nullable().default(null),
  /** Null: the probes did not run (`--only spectra`, or no suites). */
  probes: probesSchema.nullable().default(null),
  /** Logs of an evaluation harness, which are all that is known of the model then; null or missing otherwise. */
  benchmarks: benchmarksSchema.nullable().default(null),
  /** Null: a complete measurement. Shards are merged before they are compared. */
  shard: shardSchema.nullable().default(null),
  run: runSchema,
});
export type Measurement = z.infer<typeof measurementSchema>;
