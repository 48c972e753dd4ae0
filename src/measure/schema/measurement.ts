import { WEIGHT_FORMAT_NAMES } from '@shadow-gate/checkpoints/hub';
import { SKIP_CAUSES } from '@shadow-gate/checkpoints/matrices';
import { COMPONENTS, MODULE_TYPES } from '@shadow-gate/checkpoints/naming';
import { benchmarksSchema } from '@shadow-gate/harness/benchmarks';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { PRECISIONS } from '@shadow-gate/language-model/precision';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
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

export const MEASUREMENT_SCHEMA = 'shadow-gate/measurement@1';

/** A rule or default of the policy; the rank of an update; a spike of W; spectra that may all equal the baseline's. */
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
  /** How its spectrum was computed, and the accumulation of the matrix-sized products. */
  method: z.enum(MATRIX_METHODS).default('exact'),
  accumulation: z.enum(ACCUMULATIONS).default('float64'),
  /** Null unless measured. */
  metrics: metricsSchema.nullable(),
  note: z.string().optional(),
  /** σ/σ₁ at evenly spaced ranks from first to last: the shape of the spectrum, for a sparkline. */
  spectrum: z.array(z.number()),
});
export type TensorMeasurement = z.infer<typeof tensorSchema>;

/** Summarized metrics by their dotted names: `topEnergy` becomes `topEnergy.1`, `topEnergy.5%`, … */
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
  /** `sha256:…` over all tensors and the configuration; in a shard that read its own tensors, `outlineOf`. */
  digest: z.string(),
  /** `served`: a model at a server; `evaluated`: known from logs of an evaluation. Neither had its weights there. */
  format: z.enum([...WEIGHT_FORMAT_NAMES, 'lora', 'served', 'evaluated']),
  dtypes: z.record(z.string(), z.number().int()),
  tensors: z.number().int(),
  parameters: z.number().int(),
});

const sha256Schema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest');

/** The signature next to the weights (`model.sig`), compared with the files: see `checkSignature`. */
export const signatureSchema = z.strictObject({
  /** Number of files that it lists. */
  files: z.int().nonnegative(),
  /** Files that differ from what was signed; or the signature itself, if it cannot be read. */
  faults: z.array(
    z.strictObject({
      name: z.string(),
      fault: z.enum(['changed', 'missing', 'unsigned', 'unreadable', 'other-form']),
    }),
  ),
  /** Digest of the policy's public key, if it signed; null: no key was given, or another one signed. */
  key: z.string().nullable(),
});

/** A checkpoint as a hub lists it: no byte of its weights was read. */
const listedSchema = z.strictObject({
  /** With its commit: `hf://org/model@0123…`. */
  checkpoint: z.string(),
  /** See `digestListing`: not the digest of a checkpoint, and neither can be computed from the other. */
  listing: sha256Schema,
});
export type Listed = z.infer<typeof listedSchema>;

/** With the base model of an adapter; null if it is not known. */
const declaredSchema = listedSchema.extend({ base: listedSchema.nullable() });

/** The identity of a served model. Null: the server does not say. */
const servedSchema = z.strictObject({
  model: z.string(),
  /** The server's place of the weights. */
  root: z.string().nullable(),
  parent: z.string().nullable(),
  contextLength: z.int().positive().nullable(),
  version: z.string().nullable(),
  /** The user's declaration; nothing proves it. */
  revision: z.string().nullable(),
  /** SHA-256 of the answers to fixed prompts, in hexadecimal digits; null if the server contradicted itself. */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** The checkpoint that the user declared to be served; absent without one. */
  hub: declaredSchema.optional(),
});
export type Served = z.infer<typeof servedSchema>;

/** Takes the place of a digest of weights: two served models with the same one cannot be told apart. */
export const servedDigest = (served: Served): string => `sha256:${sha256(canonicalJson(['served', served]))}`;

export const architectureSchema = z.strictObject({
  modelType: z.string().nullable(),
  name: z.string().nullable(),
  layers: z.number().int().nullable(),
  hiddenSize: z.number().int().nullable(),
  heads: z.number().int().nullable(),
  keyValueHeads: z.number().int().nullable(),
});

/** The arithmetic of a model, and its weights in memory. */
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
  /** How the hub lists the checkpoint that was read, and an adapter's reference; absent if neither is from a hub. */
  hub: declaredSchema.optional(),
  /** Files on a hub that no machine read as a whole, so that their SHA-256 was not compared with the hub's. */
  unverified: z.array(z.string()).optional(),
  deviceReason: z.string(),
  /** Spectra that came from the cache. */
  recalledSpectra: z.int().nonnegative().default(0),
  /** Matrices whose full spectra were needed after a screen. Absent if nothing was screened. */
  completedSpectra: z
    .array(
      z.strictObject({
        of: ofSchema,
        name: z.string(),
        /** Left undecided by their bounds. */
        cause: z.enum(UNDECIDED_CAUSES),
        /** Metric of the rule or check that needed them. */
        metric: z.string(),
      }),
    )
    .optional(),
  /**
   * The device or server that answered the probes, the time that it took, and the estimates before it: for the items
   * asked, and for all, if a budget left time for a part (absent in version 0.2.0).
   */
  probes: z
    .strictObject({
      by: z.string(),
      /** Null: the server does not say. Absent in files of version 0.2.0, which computed in float32 on every device. */
      precision: precisionSchema.nullable().optional(),
      /** Absent if all weights were in memory, and for a server. */
      execution: z.literal(LAYER_BY_LAYER).optional(),
      seconds: z.number(),
      expectedSeconds: z.number(),
      allSeconds: z.number().optional(),
      /** Different tokens that it read, of its vocabulary. Absent where a server encodes texts, and up to 0.3. */
      vocabulary: z.strictObject({ read: z.int().nonnegative(), size: z.int().positive() }).optional(),
      /** Requests to a server, including repeated ones, and their questions: prompts with all choices. */
      server: z.strictObject({ requests: z.int().nonnegative(), questions: z.int().nonnegative() }).optional(),
    })
    .nullable()
    .default(null),
});

/** ΔW of the whole model; null if it cannot be computed. */
export const deltaModelSchema = z.strictObject({
  mlpAttentionRatio: maybeBoundedSchema.nullable(),
  mlpTopEnergy: maybeBoundedSchema.nullable(),
  attentionTopEnergy: maybeBoundedSchema.nullable(),
  updateSize: z.number().nullable(),
  /** Matrices of ΔW below the rounding noise of the dtype (snr < 10): counted, not judged. */
  belowNoise: z.number().int(),
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
  /** The server that answered the probes in place of a checkpoint with weights; absent without one, and in 0.2. */
  answeredBy: servedSchema.optional(),
  architecture: architectureSchema,
  reference: identitySchema.nullable(),
  device: z.string(),
  /** Fast and float32 if any spectrum was, or was screened in place of that; null without spectra (`--only probes`). */
  method: z.strictObject({ mode: z.enum(METHODS), accumulation: z.enum(ACCUMULATIONS) }).nullable(),
  model: z.strictObject({ delta: deltaModelSchema.nullable() }),
  groups: z.array(groupSchema),
  tensors: z.array(tensorSchema),
  /** Norm weights, biases and the like, which have no spectrum. They are compared. */
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
  /** Files next to the weights in formats that are not read; absent without any, and in version 0.2.0. */
  unread: z.array(z.strictObject({ name: z.string(), what: z.string(), runsCode: z.boolean() })).optional(),
  /**
   * Digest of the checkpoint's own files that decide how it is used; absent without files, and in older measurements.
   * `behavior` has their meaning, with the files of an adapter's base model.
   */
  behaviorFiles: sha256Schema.optional(),
  /** Absent without a signature next to the weights, where no weights were read, and in version 0.2. */
  signature: signatureSchema.optional(),
  /** Matrices of the blocks whose shape differs from the reference's. */
  mismatched: z.array(z.string()),
  /** Everything but the spectra: tokenizer, templates, code, size of the logits. Null in files up to version 0.2. */
  behavior: behaviorSchema.nullable().default(null),
  /** Null: no adapter was given. */
  merge: mergeSchema.nullable().default(null),
  /** Null: the probes did not run (`--only spectra`, or no suites). */
  probes: probesSchema.nullable().default(null),
  /** Logs of an evaluation harness, the only facts about such a model; null or missing otherwise. */
  benchmarks: benchmarksSchema.nullable().default(null),
  /** Null: a complete measurement. Shards are merged before they are compared. */
  shard: shardSchema.nullable().default(null),
  run: runSchema,
});
export type Measurement = z.infer<typeof measurementSchema>;
