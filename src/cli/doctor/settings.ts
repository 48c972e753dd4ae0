import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { given } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { parse } from 'yaml';
import { HALVES, type Half } from '../../measure/options.ts';
import { findCheckpoints } from '../find-checkpoints.ts';
import { BASELINE_FILE, isThere, ourWorkflows } from '../init/existing.ts';
import { DEFAULTS } from '../init/questions.ts';
import { chooseRoles } from '../init/roles.ts';
import { CANDIDATE_FILE } from '../init/workflow-text.ts';
import type { DeviceOptions } from '../options.ts';

/** Options and inputs about the model and its baseline. */
const SETTINGS = ['checkpoint', 'reference', 'baseline', 'policy', 'endpoint', 'model', 'tokenizer', 'only'] as const;

type Stated = { readonly [name in (typeof SETTINGS)[number]]?: string };

export interface DoctorOptions extends DeviceOptions, Stated {
  only?: Half;
  control?: number;
  json?: boolean;
}

export interface DoctorSettings extends Omit<Stated, 'only'> {
  /** Path of a measurement or a checkpoint. */
  readonly baseline: string;
  /** If somebody named it, it has to exist. */
  readonly isBaselineNamed: boolean;
  readonly only?: Half;
  /** In words: where the checkpoint was named. */
  readonly origin: string;
  readonly workflow: Workflow | null;
}

export interface Workflow {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** The step that uses this action. */
  readonly uses: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** Settings from the options, else from the workflow, else as `init` would choose. */
export async function findSettings(options: DoctorOptions, root: string): Promise<DoctorSettings> {
  const workflow = await readWorkflow(root);
  const isGiven = (options.checkpoint ?? options.endpoint) !== undefined;
  const stated = isGiven ? {} : await statedIn(workflow?.inputs ?? {}, root);
  const isStated = (stated.checkpoint || stated.endpoint) !== undefined;
  const found = isGiven || isStated ? {} : await searched(root);
  const { baseline, reference, only, ...others }: Stated = settingsIn({ ...found, ...stated, ...settingsIn(options) });
  return {
    ...others,
    ...given({
      reference: reference === 'none' ? undefined : reference,
      only: HALVES.find((half) => half === only),
    }),
    baseline: baseline ?? BASELINE_FILE,
    isBaselineNamed: baseline !== undefined,
    origin: isGiven ? 'as given' : isStated ? `as ${workflow?.path} has it` : 'as found in this folder',
    workflow,
  };
}

const settingsIn = (options: Stated): Stated =>
  given(Object.fromEntries(SETTINGS.map((name) => [name, options[name]])));

/** Inputs without expressions. The candidate on a hub or a server is in a file. */
async function statedIn(inputs: Readonly<Record<string, string>>, root: string): Promise<Stated> {
  const plain = Object.fromEntries(Object.entries(inputs).filter(([, value]) => !value.includes('$' + '{{')));
  const isAsked = Object.values(inputs).some((value) => value.includes('steps.candidate.outputs'));
  const line = isAsked && isThere(root, CANDIDATE_FILE) ? await readFile(join(root, CANDIDATE_FILE), 'utf8') : '';
  const [model, revision] = line.trim().split(/\s+/);
  if (!model) return plain;
  return revision === undefined ? { ...plain, model } : { ...plain, checkpoint: `hf://${model}@${revision}` };
}

/** The choice of `init --yes`; empty if it would find nothing. */
async function searched(root: string): Promise<Stated> {
  const found = await findCheckpoints(root);
  if (found.length === 0) return {};
  return given(await chooseRoles({}, { root, found, questions: DEFAULTS }));
}

/** The first workflow with a step that gates. Files that are not YAML are skipped. */
async function readWorkflow(root: string): Promise<Workflow | null> {
  for (const path of await ourWorkflows(root)) {
    const content = yamlIn(await readFile(join(root, path), 'utf8'));
    if (!isObject(content) || !isObject(content.jobs)) continue;
    for (const job of Object.values(content.jobs).filter(isObject)) {
      const steps = Array.isArray(job.steps) ? job.steps.filter(isObject) : [];
      for (const { uses, with: inputs } of steps) {
        if (typeof uses !== 'string' || !/\/shadow-gate(?:\/[^@]*)?@/.test(uses) || !isObject(inputs)) continue;
        // Neither the step that publishes a report nor the one that calibrates has a candidate.
        if ('report' in inputs || inputs.mode === 'calibrate') continue;
        const texts = Object.entries(inputs).map(([name, value]) => [name, String(value)]);
        return { path, content, uses, inputs: Object.fromEntries(texts) };
      }
    }
  }
  return null;
}

function yamlIn(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return null;
  }
}
