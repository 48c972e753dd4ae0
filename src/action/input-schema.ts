import { DEVICE_CHOICES, LIBRARIES_WORDS, parseLibraries } from '@shadow-gate/checkpoints/onnx';
import { UserError } from '@shadow-gate/platform';
import { METHOD_CHOICES } from '@shadow-gate/spectra';
import { z } from 'zod';
import { CALIBRATION_FILE } from '../compare/calibration/index.ts';
import {
  COUNT_WORDS,
  parseCount,
  parseSeconds,
  parseSeed,
  parseTimeout,
  SEED_WORDS,
  TIME_WORDS,
  TIMEOUT_WORDS,
} from '../gate/option-values.ts';
import { FAIL_ON_CHOICES } from '../github/publish/index.ts';
import { HALVES } from '../measure/options.ts';
import { parseShard, SHARD_WORDS } from '../measure/shards/index.ts';

export const MODE_CHOICES = ['gate', 'merge', 'calibrate'] as const;
export const FLAG_CHOICES = ['true', 'false'] as const;
export const UPDATE_BASELINE_CHOICES = ['off', 'pull-request'] as const;
export const CACHE_CHOICES = ['auto', 'off'] as const;
export const ARTIFACT_CHOICES = ['auto', 'off'] as const;
export const COMMENT_CHOICES = ['sticky', 'changes', 'off'] as const;
export const ISSUE_CHOICES = ['schedule', 'off'] as const;
/** As in action.yml, which a test compares, for a workflow that passes an empty string. */
export const INPUT_DEFAULTS = {
  mode: 'gate',
  baseline: '.shadow-gate/baseline.json',
  calibration: CALIBRATION_FILE,
  series: 'false',
  'update-baseline': 'off',
  device: 'auto',
  'cuda-libraries': 'auto',
  method: 'auto',
  all: 'false',
  confirm: 'false',
  attest: 'false',
  cache: 'auto',
  artifact: 'auto',
  comment: 'sticky',
  issue: 'schedule',
  key: 'default',
  'fail-on': 'inconclusive',
} as const;

const MAX_KEY_LENGTH = 100;

const optional = z.string().transform((text) => (text === '' ? undefined : text));

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** Undefined for an empty text; an issue for one that cannot be parsed. */
function parsed<T>(parse: (text: string) => T | null, allowed: string) {
  return z.string().transform((text, context): T | undefined => {
    if (text === '') return undefined;
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

/** One field per input, named as in action.yml. */
const inputsSchema = z.object({
  checkpoint: z.string(),
  checkpoints: z.string().transform(linesOf),
  series: z.enum(FLAG_CHOICES),
  'lm-eval': optional,
  inspect: optional,
  lighteval: optional,
  'every-eval-ever': optional,
  counts: optional,
  report: optional,
  skip: optional,
  override: optional,
  mode: z.enum(MODE_CHOICES),
  shard: parsed(parseShard, SHARD_WORDS),
  reference: optional,
  adapter: optional,
  baseline: z.string(),
  calibration: z.string(),
  'update-baseline': z.enum(UPDATE_BASELINE_CHOICES),
  policy: optional,
  device: z.enum(DEVICE_CHOICES),
  'cuda-libraries': parsed(parseLibraries, LIBRARIES_WORDS).transform((choice) => choice ?? { kind: 'auto' as const }),
  method: z.enum(METHOD_CHOICES),
  all: z.enum(FLAG_CHOICES),
  confirm: z.enum(FLAG_CHOICES),
  attest: z.enum(FLAG_CHOICES),
  only: z.enum([...HALVES, '']).transform((half) => (half === '' ? undefined : half)),
  seed: parsed(parseSeed, SEED_WORDS),
  budget: parsed(parseSeconds, TIME_WORDS),
  endpoint: optional,
  model: optional,
  tokenizer: optional,
  'max-length': parsed(parseCount, COUNT_WORDS),
  concurrency: parsed(parseCount, COUNT_WORDS),
  timeout: parsed(parseTimeout, TIMEOUT_WORDS),
  revision: optional,
  'baseline-endpoint': optional,
  'baseline-model': optional,
  cache: z.enum(CACHE_CHOICES),
  artifact: z.enum(ARTIFACT_CHOICES),
  comment: z.enum(COMMENT_CHOICES),
  issue: z.enum(ISSUE_CHOICES),
  key: z
    .string()
    .regex(new RegExp(`^.{1,${MAX_KEY_LENGTH}}$`, 'u'), `one line of at most ${MAX_KEY_LENGTH} characters`),
  'github-token': z.string(),
  'fail-on': z.enum(FAIL_ON_CHOICES),
  out: optional,
});
export const INPUT_NAMES = Object.keys(inputsSchema.shape);

export type Inputs = z.infer<typeof inputsSchema>;

/** @throws UserError that names the input, its value and what is allowed */
export function readInputs(read: (name: string) => string): Inputs {
  const given = Object.fromEntries(INPUT_NAMES.map((name) => [name, read(name)]).filter(([, text]) => text !== ''));
  const empty = Object.fromEntries(INPUT_NAMES.map((name) => [name, '']));
  const inputs = inputsSchema.safeParse({ ...empty, ...INPUT_DEFAULTS, ...given });
  if (inputs.success) return inputs.data;
  const [issue] = inputs.error.issues;
  const name = String(issue?.path[0]);
  const value = given[name];
  const allowed = issue?.code === 'invalid_value' ? issue.values.join(', ') : issue?.message;
  throw new UserError(
    value === undefined ? `input ${name} is missing` : `input ${name} is ${JSON.stringify(value)}`,
    `allowed: ${allowed}`,
  );
}
