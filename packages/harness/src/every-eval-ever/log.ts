import { UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { readLogJson } from '../log-json.ts';

const text = z.string().nullish();
const details = z.record(z.string(), z.string()).nullish();

const resultSchema = z.looseObject({
  evaluation_result_id: text,
  evaluation_name: z.string().min(1),
  source_data: z.looseObject({ source_type: z.string(), hf_repo: text }),
  metric_config: z.looseObject({
    evaluation_description: text,
    metric_id: text,
    metric_name: text,
    metric_kind: text,
    metric_unit: text,
    lower_is_better: z.boolean(),
    score_type: text,
    /** Infinity is a text. */
    max_score: z.union([z.number(), z.string()]).nullish(),
    additional_details: details,
  }),
  score_details: z.looseObject({
    score: z.number(),
    uncertainty: z
      .looseObject({
        standard_error: z.looseObject({ value: z.number() }).nullish(),
        num_samples: z.int().nonnegative().nullish(),
      })
      .nullish(),
  }),
  generation_config: z
    .looseObject({ generation_args: z.record(z.string(), z.unknown()).nullish(), additional_details: details })
    .nullish(),
});
export type EeeResult = z.infer<typeof resultSchema>;

/** The results of one model, and the file with those of its samples. */
const logSchema = z.looseObject({
  evaluation_id: z.string(),
  evaluation_timestamp: text,
  eval_library: z.looseObject({ name: z.string(), version: z.string() }),
  model_info: z.looseObject({
    id: z.string().min(1),
    inference_platform: text,
    inference_engine: z.looseObject({ name: text }).nullish(),
    additional_details: details,
  }),
  evaluation_results: z.array(resultSchema).min(1),
  detailed_evaluation_results: z
    .looseObject({
      format: z.literal('jsonl'),
      file_path: z.string().min(1),
      hash_algorithm: z.enum(['sha256', 'md5']).nullish(),
      checksum: text,
      total_rows: z.int().nonnegative().nullish(),
    })
    .nullish(),
});
export type EeeLog = z.infer<typeof logSchema>;

export const EEE_HINT = 'copy the files again as they were written';

const VERSION = /^0\.3\.\d+$/;

/** Read a file of results. @returns null for other JSON @throws UserError naming the file and the mistake */
export async function readEeeLog(path: string): Promise<EeeLog | null> {
  const value = await readLogJson(path, 'measurement', EEE_HINT);
  const isLog = typeof value === 'object' && value !== null && 'schema_version' in value;
  return isLog ? checkedEee(logSchema, value, path) : null;
}

/** @param where file, and line @throws UserError for another version of the format, and naming the key that is wrong */
export function checkedEee<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const version = (json as { readonly schema_version?: unknown } | null)?.schema_version;
  if (typeof version === 'string' && !VERSION.test(version)) {
    throw new UserError(
      `${where} has version ${version} of the schema of Every Eval Ever, and 0.3 is read`,
      'convert the logs again with every-eval-ever 0.3',
    );
  }
  const parsed = validate(schema, json);
  if (parsed.success && version !== undefined) return parsed.data;
  const issue = parsed.success ? { path: ['schema_version'], message: 'is missing' } : parsed.issue;
  throw new UserError(
    `${where} is not a log of Every Eval Ever: ${[issue.path.map(String).join('.'), issue.message].join(': ')}`,
    EEE_HINT,
  );
}
