import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '@shadow-gate/platform/json';
import { parse } from 'yaml';
import { HALVES, type Half } from '../../measure/options.ts';
import { BASELINE_FILE, isThere, ourWorkflows } from '../init/existing.ts';
import { findCheckpoints } from '../init/find-checkpoints.ts';
import { DEFAULTS } from '../init/questions.ts';
import { chooseRoles } from '../init/roles.ts';
import { CANDIDATE_FILE } from '../init/workflow-text.ts';
import type { DoctorOptions } from './options.ts';

/** What is checked, and where that was found. */
export interface DoctorSettings {
  readonly checkpoint: string | null;
  readonly reference: string | null;
  /** Path of a measurement or a checkpoint. */
  readonly baseline: string;
  /** Whether somebody named it: then it has to exist. */
  readonly isBaselineNamed: boolean;
  readonly policy: string | undefined;
  /** The input of the workflow; undefined where it has none. */
  readonly calibration: string | undefined;
  readonly endpoint: string | null;
  readonly model: string | null;
  readonly tokenizer: string | null;
  readonly only: Half | null;
  /** A sentence about it. */
  readonly origin: string;
  /** The workflow that has been read; null without one. */
  readonly workflow: Workflow | null;
}

/** A workflow with a step that uses this action. */
export interface Workflow {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** The job with that step, and the step. */
  readonly job: Readonly<Record<string, unknown>>;
  readonly step: { readonly uses: string; readonly inputs: Readonly<Record<string, string>> };
}

/** What the options say, else the workflow, else what `init` would choose. */
export async function findSettings(options: DoctorOptions, root: string): Promise<DoctorSettings> {
  const workflow = await readWorkflow(root);
  const inputs = workflow?.step.inputs ?? {};
  const named = options.checkpoint ?? options.endpoint;
  const stated = named === undefined ? await statedIn(inputs, root) : {};
  const found = named === undefined && !stated.checkpoint && !stated.endpoint ? await searched(root) : {};
  const pick = (name: 'checkpoint' | 'reference' | 'endpoint' | 'model' | 'tokenizer' | 'only') =>
    options[name] ?? stated[name] ?? found[name] ?? null;
  const baseline = options.baseline ?? stated.baseline;
  const reference = pick('reference');
  return {
    checkpoint: pick('checkpoint'),
    reference: reference === 'none' ? null : reference,
    baseline: baseline ?? BASELINE_FILE,
    isBaselineNamed: baseline !== undefined,
    policy: options.policy ?? stated.policy,
    calibration: stated.calibration,
    endpoint: pick('endpoint'),
    model: pick('model'),
    tokenizer: pick('tokenizer'),
    only: HALVES.find((half) => half === pick('only')) ?? null,
    origin:
      named !== undefined
        ? 'as given'
        : stated.checkpoint !== undefined || stated.endpoint !== undefined
          ? `as ${workflow?.path} has it`
          : 'as found in this folder',
    workflow,
  };
}

type Stated = Partial<
  Record<
    'checkpoint' | 'reference' | 'endpoint' | 'model' | 'tokenizer' | 'only' | 'baseline' | 'policy' | 'calibration',
    string
  >
>;

/** The inputs of the workflow that are no expressions; the candidate of a hub or a server is in a file. */
async function statedIn(inputs: Readonly<Record<string, string>>, root: string): Promise<Stated> {
  const plain = Object.fromEntries(Object.entries(inputs).filter(([, value]) => !value.includes('$' + '{{')));
  const isAsked = Object.values(inputs).some((value) => value.includes('steps.candidate.outputs'));
  const line = isAsked && isThere(root, CANDIDATE_FILE) ? await readFile(join(root, CANDIDATE_FILE), 'utf8') : '';
  const [model, revision] = line.trim().split(/\s+/);
  if (!model) return plain;
  return revision === undefined ? { ...plain, model } : { ...plain, checkpoint: `hf://${model}@${revision}` };
}

/** What `init --yes` would choose; nothing where it would choose nothing. */
async function searched(root: string): Promise<Stated> {
  const search = await findCheckpoints(root);
  if (search.checkpoints.length === 0) return {};
  const { checkpoint, reference } = await chooseRoles({}, { root, search, questions: DEFAULTS });
  return { checkpoint, ...(reference === undefined ? {} : { reference }) };
}

/** The first workflow with a step that gates; null without one, or where it is no YAML. */
async function readWorkflow(root: string): Promise<Workflow | null> {
  for (const path of await ourWorkflows(root)) {
    const text = await readFile(join(root, path), 'utf8');
    let content: unknown;
    try {
      content = parse(text, { logLevel: 'silent' });
    } catch {
      continue;
    }
    if (!isObject(content) || !isObject(content.jobs)) continue;
    for (const job of Object.values(content.jobs).filter(isObject)) {
      const steps = Array.isArray(job.steps) ? job.steps.filter(isObject) : [];
      const step = steps.find(({ uses, with: given }) => isOurs(uses) && isObject(given) && isGate(given));
      if (step) return { path, content, job, step: { uses: String(step.uses), inputs: textsOf(step.with) } };
    }
  }
  return null;
}

/** Neither the step that publishes a report nor the one that calibrates has a candidate. */
const isGate = (given: Readonly<Record<string, unknown>>): boolean =>
  !('report' in given) && given.mode !== 'calibrate';

const isOurs = (uses: unknown): boolean => typeof uses === 'string' && /\/shadow-gate(?:\/[^@]*)?@/.test(uses);

function textsOf(given: unknown): Record<string, string> {
  if (!isObject(given)) return {};
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}
