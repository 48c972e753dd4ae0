import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import { checkedLog } from '../log-json.ts';

/** Inspect omits null: absent and null keys mean the same. */
const anything = z.record(z.string(), z.unknown()).nullish();
const name = z.string().nullish();

const solverSchema = z.looseObject({ solver: z.string(), params: anything, params_passed: anything });

const metricSchema = z.looseObject({
  name: z.string(),
  /** Set if one function gives several values. */
  group: name,
  value: z.number().nullish(),
  params: anything,
});

/** The metrics of one score under one reducer. A scorer has one score, or one for each key of its values. */
const scoreSchema = z.looseObject({
  name: z.string(),
  scorer: z.string(),
  /** Reduces the epochs of a sample to one value; by default to their mean. */
  reducer: name,
  params: anything,
  metrics: z.record(z.string(), metricSchema),
});
export type LoggedScore = z.infer<typeof scoreSchema>;

/** A log without its samples (EvalLog of inspect_ai/log/_log.py). */
const headerSchema = z.looseObject({
  version: z.int(),
  status: z.string(),
  eval: z.looseObject({
    task: z.string(),
    task_id: name,
    task_version: z.union([z.string(), z.number()]).nullish(),
    task_display_name: name,
    task_args_passed: anything,
    created: name,
    model: z.string(),
    model_args: anything,
    model_generate_config: anything,
    model_roles: anything,
    config: z.looseObject({ epochs: z.int().positive().nullish(), epochs_reducer: z.unknown().optional() }),
    packages: z.record(z.string(), z.string()).nullish(),
    scorers: z.unknown().optional(),
  }),
  plan: z
    .looseObject({ steps: z.array(solverSchema).nullish(), finish: solverSchema.nullish(), config: anything })
    .nullish(),
  results: z
    .looseObject({ total_samples: z.int().nonnegative().nullish(), scores: z.array(scoreSchema).nullish() })
    .nullish(),
  invalidated: z.boolean().nullish(),
});
export type LogHeader = z.infer<typeof headerSchema>;

const reductionsSchema = z.array(
  z.looseObject({
    scorer: z.string(),
    reducer: name,
    samples: z.array(
      z.looseObject({ sample_id: z.union([z.string(), z.number()]).nullish(), value: z.unknown().optional() }),
    ),
  }),
);
export type Reductions = z.infer<typeof reductionsSchema>;

export const HINT = 'copy the log again as Inspect wrote it';

/** The version of the format since 2024. */
const LOG_VERSION = 2;

/** @param where file, and member of an archive */
export function toHeader(json: unknown, where: string): LogHeader {
  const header = checked(headerSchema, json, where);
  if (header.version === LOG_VERSION) return header;
  throw new UserError(
    `${where} has version ${header.version} of the format, and version ${LOG_VERSION} is read`,
    "write it again with 'inspect log convert'",
  );
}

export function toReductions(json: unknown, where: string): Reductions {
  return checked(reductionsSchema, json, where);
}

/** @throws UserError naming the key that is wrong */
export function checked<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  return checkedLog(schema, json, { where, what: 'a log of Inspect', hint: HINT });
}
