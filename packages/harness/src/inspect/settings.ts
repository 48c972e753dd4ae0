import { isDeepStrictEqual } from 'node:util';
import { words } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { type EvaluatedModel, UNKNOWN_MODEL } from '../benchmarks.ts';
import type { LogHeader } from './log.ts';

/** Settings of speed and retries: no answer depends on them. */
export const SPEED = words(
  'max_connections adaptive_connections max_retries timeout attempt_timeout batch cache cache_prompt',
);

/** Limits that can cut off an answer. */
const LIMITS = words('message_limit token_limit token_limit_type turn_limit time_limit working_limit cost_limit');

/** Digest of the solvers, generation settings and limits. */
export function digestGeneration({ plan, eval: { config, model_generate_config: model } }: LogHeader): string {
  const generation = { ...model, ...plan?.config };
  const settings = Object.entries(generation).filter(([key, value]) => value !== null && !SPEED.includes(key));
  const limits = LIMITS.flatMap((key) => [config[key] ?? null]);
  // Only given parameters: defaults differ between versions of Inspect, which show in the prompts.
  const solvers = [...(plan?.steps ?? []), ...(plan?.finish ? [plan.finish] : [])].map(
    ({ solver, params_passed: passed, params }) => [solver, passed ?? params ?? {}],
  );
  return sha256(canonicalJson([solvers, Object.fromEntries(settings), limits]));
}

/** Digest of the scorers with their models and metrics, and of the reduction of epochs. */
export function digestScoring({ eval: { scorers, config, model_roles: roles }, results }: LogHeader): string {
  const metrics = (results?.scores ?? []).map((score) => [
    score.name,
    score.scorer,
    score.params ?? {},
    Object.entries(score.metrics).map(([key, { name, params }]) => [key, name, params ?? {}]),
  ]);
  // Only some versions write the default.
  const reducer = isDeepStrictEqual(config.epochs_reducer, ['mean']) ? null : (config.epochs_reducer ?? null);
  const graders = Object.entries(roles ?? {}).map(([role, model]) => [role, nameOfModel(model)]);
  return sha256(canonicalJson([scorers ?? [], reducer, metrics, graders]));
}

function nameOfModel(model: unknown): unknown {
  if (Array.isArray(model)) return model.map(nameOfModel);
  return typeof model === 'object' && model !== null ? ((model as { readonly model?: unknown }).model ?? null) : model;
}

/** Inspect calls a model `provider/name`; local weights are an argument of the provider. */
export function inspectModel({ eval: { model, model_args: given } }: LogHeader): EvaluatedModel {
  const text = (key: string): string | null => {
    const value = given?.[key];
    return typeof value === 'string' ? value : null;
  };
  const slash = model.indexOf('/');
  return {
    ...UNKNOWN_MODEL,
    name: text('model_path') ?? model,
    source: slash === -1 ? null : model.slice(0, slash),
    revision: text('revision'),
    dtype: text('torch_dtype') ?? text('dtype'),
  };
}
