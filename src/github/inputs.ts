import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { HALVES } from '../gate/order-probes.ts';
import { parseSeconds, parseSeed, SEED_WORDS, TIME_WORDS } from '../gate/parse-settings.ts';
import { DEVICE_CHOICES } from '../onnx/device.ts';
import { UserError } from '../user-error.ts';

export const COMMENT_CHOICES = ['sticky', 'off'] as const;
export const ISSUE_CHOICES = ['schedule', 'off'] as const;
export const FAIL_ON_CHOICES = ['fail', 'warn', 'never'] as const;
export type FailOn = (typeof FAIL_ON_CHOICES)[number];

/** The same as in action.yml (a test holds them equal): a workflow may hand over an empty string on purpose. */
export const INPUT_DEFAULTS = {
  baseline: '.shadow-gate/baseline.json',
  device: 'auto',
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
  reference: optional,
  baseline: z.string(),
  policy: optional,
  device: z.enum(DEVICE_CHOICES),
  only: z.enum([...HALVES, '']).transform((half) => (half === '' ? undefined : half)),
  seed: parsed(parseSeed, SEED_WORDS),
  budget: parsed(parseSeconds, TIME_WORDS),
  endpoint: optional,
  model: optional,
  tokenizer: optional,
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
  const { 'github-token': token, 'fail-on': failOn, out, budget, endpoint, model, tokenizer, ...inputs } = checked.data;
  if (inputs.checkpoint === '' && inputs.report === undefined) {
    throw new UserError('input checkpoint is missing', 'allowed: a path');
  }
  if ((endpoint === undefined) !== (model === undefined)) {
    throw new UserError('inputs endpoint and model belong together', 'give both or neither');
  }
  return {
    ...inputs,
    token,
    failOn,
    budgetSeconds: budget,
    endpoint: endpoint !== undefined && model !== undefined ? { endpoint, model, tokenizer, apiKey } : undefined,
    out: out ?? join(temporary, 'shadow-gate', folderOf(inputs.key)),
  };
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

/** A folder name that is harmless whatever the key, and different for different keys. */
function folderOf(key: string): string {
  const readable = key
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 60);
  if (readable === key) return key;
  return `${readable}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}
