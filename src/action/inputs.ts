import { join } from 'node:path';
import { z } from 'zod';
import { FAIL_ON_CHOICES } from '../github/publish/annotation.ts';
import { HALVES, parseSeconds, parseSeed, SEED_WORDS, TIME_WORDS } from '../measure/options.ts';
import { parseShard, SHARD_WORDS, type Shard } from '../measure/shards/shard.ts';
import { DEVICE_CHOICES } from '../onnx/device.ts';
import { UserError } from '../platform/user-error.ts';
import { METHOD_CHOICES } from '../spectra/choose-method.ts';
import { folderOf } from './key-folder.ts';

export const MODE_CHOICES = ['gate', 'merge'] as const;
export const UPDATE_BASELINE_CHOICES = ['off', 'pull-request'] as const;
export const CACHE_CHOICES = ['auto', 'off'] as const;
export const ARTIFACT_CHOICES = ['auto', 'off'] as const;
export const COMMENT_CHOICES = ['sticky', 'off'] as const;
export const ISSUE_CHOICES = ['schedule', 'off'] as const;
/** The same as in action.yml (a test holds them equal): a workflow may hand over an empty string on purpose. */
export const INPUT_DEFAULTS = {
  mode: 'gate',
  baseline: '.shadow-gate/baseline.json',
  'update-baseline': 'off',
  device: 'auto',
  method: 'auto',
  cache: 'auto',
  artifact: 'auto',
  comment: 'sticky',
  issue: 'schedule',
  key: 'default',
  'fail-on': 'fail',
} as const;

const MAX_KEY = 100;

const optional = z.string().transform((text) => (text === '' ? undefined : text));

/** Undefined for an empty text; a mistake for one that cannot be parsed. */
function parsed<T>(parse: (text: string) => T | null, allowed: string) {
  return z.string().transform((text, context): T | undefined => {
    if (text === '') return undefined;
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

/** One field an input, by the name that stands in action.yml. */
const inputsSchema = z.object({
  checkpoint: z.string(),
  report: optional,
  mode: z.enum(MODE_CHOICES),
  shard: parsed(parseShard, SHARD_WORDS),
  reference: optional,
  baseline: z.string(),
  'update-baseline': z.enum(UPDATE_BASELINE_CHOICES),
  policy: optional,
  device: z.enum(DEVICE_CHOICES),
  method: z.enum(METHOD_CHOICES),
  only: z.enum([...HALVES, '']).transform((half) => (half === '' ? undefined : half)),
  seed: parsed(parseSeed, SEED_WORDS),
  budget: parsed(parseSeconds, TIME_WORDS),
  endpoint: optional,
  model: optional,
  tokenizer: optional,
  cache: z.enum(CACHE_CHOICES),
  artifact: z.enum(ARTIFACT_CHOICES),
  comment: z.enum(COMMENT_CHOICES),
  issue: z.enum(ISSUE_CHOICES),
  key: z.string().regex(new RegExp(`^.{1,${MAX_KEY}}$`, 'u'), `one line of at most ${MAX_KEY} characters`),
  'github-token': z.string(),
  'fail-on': z.enum(FAIL_ON_CHOICES),
  out: optional,
});
export const INPUT_NAMES = Object.keys(inputsSchema.shape);

export type Options = ReturnType<typeof parseInputs>;

/**
 * All inputs, parsed once.
 * @param read the text of an input, empty if it is not given (`core.getInput`)
 * @param temporary the runner's temporary folder, for results that no one gave a folder for
 * @param apiKey of the endpoint, from the environment: a secret is no input
 * @throws UserError that names the input, its value and what is allowed
 */
export function parseInputs(read: (name: string) => string, temporary: string, apiKey?: string) {
  const given = Object.fromEntries(INPUT_NAMES.map((name) => [name, read(name)]).filter(([, text]) => text !== ''));
  const empty = Object.fromEntries(INPUT_NAMES.map((name) => [name, '']));
  const checked = inputsSchema.safeParse({ ...empty, ...INPUT_DEFAULTS, ...given });
  if (!checked.success) throw mistake(checked.error, given);
  const { 'github-token': token, 'fail-on': failOn, 'update-baseline': updateBaseline, ...others } = checked.data;
  const { out, budget, endpoint, model, tokenizer, ...inputs } = others;
  expectOneJob(inputs);
  if ((endpoint === undefined) !== (model === undefined)) {
    throw new UserError('inputs endpoint and model belong together', 'give both or neither');
  }
  return {
    ...inputs,
    token,
    failOn,
    updateBaseline,
    temporary,
    budgetSeconds: budget,
    endpoint: endpoint !== undefined && model !== undefined ? { endpoint, model, tokenizer, apiKey } : undefined,
    out: out ?? join(temporary, 'shadow-gate', folderOf(inputs.key)),
  };
}

/** A run does one of four things: it gates, measures a shard, merges shards, or posts a report. */
function expectOneJob({
  checkpoint,
  report,
  mode,
  shard,
}: {
  checkpoint: string;
  report?: string | undefined;
  mode: (typeof MODE_CHOICES)[number];
  shard?: Shard | undefined;
}): void {
  if (mode === 'merge' && (shard !== undefined || report !== undefined)) {
    throw new UserError(`inputs mode: merge and ${shard ? 'shard' : 'report'} exclude each other`, 'give one of them');
  }
  if (shard !== undefined && report !== undefined) {
    throw new UserError('inputs shard and report exclude each other', 'give one of them');
  }
  if (checkpoint === '' && report === undefined && mode !== 'merge') {
    throw new UserError('input checkpoint is missing', 'allowed: a path');
  }
}

function mistake({ issues: [issue] }: z.ZodError, given: Record<string, string>): UserError {
  const name = String(issue?.path[0]);
  const value = given[name];
  const allowed = issue?.code === 'invalid_value' ? issue.values.join(', ') : issue?.message;
  return new UserError(
    value === undefined ? `input ${name} is missing` : `input ${name} is ${JSON.stringify(value)}`,
    `allowed: ${allowed}`,
  );
}
