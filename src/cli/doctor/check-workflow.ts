import type { ExpectedMemory } from '@shadow-gate/language-model';
import { isInLfs, pathIn } from '../init/git.ts';
import { isOnHub } from '../init/model.ts';
import { HOSTED } from '../init/place.ts';
import { formatBytes } from '../init/sizes.ts';
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';
import type { DoctorSettings, Workflow } from './settings.ts';

/** What a gate needs of its token, and what for. */
const PERMISSIONS = { contents: 'read', 'pull-requests': 'write', checks: 'write', actions: 'read' } as const;
/** Without these there is a verdict all the same. */
const USEFUL: ReadonlyArray<keyof typeof PERMISSIONS> = ['pull-requests', 'checks', 'actions'];

interface WorkflowContext {
  readonly root: string;
  readonly settings: DoctorSettings;
  /** What the model takes in memory, in bytes; null if that is not known. */
  readonly neededMemory: () => Promise<ExpectedMemory | null>;
}

/** The workflow: how it names the action, what it may do, and what a runner gets. */
export function workflowChecks({ root, settings, neededMemory }: WorkflowContext): DoctorCheck[] {
  const { workflow } = settings;
  if (!workflow) {
    const none = warning('no workflow uses Shadow Gate', "run 'shadow-gate init', or copy one of examples/workflows");
    return [{ name: 'workflow', run: async () => none }];
  }
  return [
    { name: 'workflow', run: async () => checkEvent(workflow) },
    { name: 'action', run: async () => checkAction(workflow) },
    { name: 'permissions', run: async () => checkPermissions(workflow) },
    { name: 'runner', run: async () => checkRunner(workflow, await neededMemory()) },
    { name: 'checkout', run: () => checkCheckout(workflow, { root, settings }) },
  ];
}

function checkEvent({ path, content }: Workflow): DoctorFinding {
  // YAML 1.1 reads the key `on` as true.
  const on = content.on ?? content.true;
  const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on.map(String) : Object.keys(on ?? {});
  if (events.includes('pull_request_target')) {
    return problem(
      `${path} runs on pull_request_target, with your secrets and the files of strangers`,
      'use pull_request',
    );
  }
  const text = `${path}, on ${events.join(', ')}`;
  return events.length === 0 ? problem(`${path} runs on no event`, "add 'on: pull_request'") : ok(text);
}

export function checkAction({ path, step: { uses } }: Pick<Workflow, 'path' | 'step'>): DoctorFinding {
  if (/^OWNER\//.test(uses)) {
    return problem(`${path} names the action ${uses}, and OWNER is a placeholder`, 'put in the account that hosts it');
  }
  if (/@[0-9a-f]{40}$/.test(uses)) return ok(`${uses} is pinned to a commit`);
  return warning(`${uses} can move`, 'pin it to the commit of a release, with the version in a comment');
}

export function checkPermissions({ path, content, job }: Pick<Workflow, 'path' | 'content' | 'job'>): DoctorFinding {
  const given = job.permissions ?? content.permissions;
  if (given === undefined) {
    return warning(`${path} states no permissions, so that those of the repository count`, `state them: ${asText()}`);
  }
  const missing = (Object.keys(PERMISSIONS) as (keyof typeof PERMISSIONS)[]).filter((name) => !isGranted(given, name));
  if (missing.length === 0) return ok(asText());
  const named = missing.map((name) => `${name}: ${PERMISSIONS[name]}`).join(', ');
  const fix = `add ${named} to the permissions of the job`;
  return missing.every((name) => USEFUL.includes(name))
    ? warning(`without ${named}, there is a verdict and not all that is shown with it`, fix)
    : problem(`without ${named}, nothing can be read`, fix);
}

const asText = (): string =>
  Object.entries(PERMISSIONS)
    .map(([name, level]) => `${name}: ${level}`)
    .join(', ');

function isGranted(given: unknown, name: keyof typeof PERMISSIONS): boolean {
  if (given === 'write-all') return true;
  if (given === 'read-all') return PERMISSIONS[name] === 'read';
  if (typeof given !== 'object' || given === null) return false;
  const level: unknown = Reflect.get(given, name);
  return level === 'write' || level === PERMISSIONS[name];
}

/** Runners with a name of GitHub's own. */
const HOSTED_NAME = /^ubuntu-(?:latest|\d+\.\d+)$/;

/** Room on a hosted runner of a private repository, which has half the memory, in bytes. */
const PRIVATE_MEMORY = 6.5e9;

export function checkRunner(
  { path, job }: Pick<Workflow, 'path' | 'job'>,
  needed: ExpectedMemory | null,
): DoctorFinding {
  const label = job['runs-on'];
  if (typeof label !== 'string' || !HOSTED_NAME.test(label)) return ok(`${path} runs on a runner of yours`);
  if (needed === null || needed.whole <= PRIVATE_MEMORY) return ok(label);
  const takes = `the model takes about ${formatBytes(needed.whole)} in float32`;
  if (needed.whole <= HOSTED.memory) {
    return warning(
      `${takes}; ${label} has 16 GB of memory in a public repository, and about half of it in a private one`,
      'for a private repository, name a larger runner in runs-on',
    );
  }
  const text = `${label} has 16 GB of memory, and ${takes}`;
  if (needed.layered <= HOSTED.memory) {
    return warning(`${text}: it runs layer by layer`, 'leave the probes more time, or name a larger runner in runs-on');
  }
  return problem(text, 'name a larger runner in runs-on, use a server, or set the input only to spectra');
}

/** What Git LFS stores has to be fetched by the step before. */
async function checkCheckout(
  { path, job }: Workflow,
  { root, settings }: { readonly root: string; readonly settings: DoctorSettings },
): Promise<DoctorFinding | null> {
  const steps: readonly unknown[] = Array.isArray(job.steps) ? job.steps : [];
  const checkout = steps.find((step) => /^actions\/checkout@/.test(String(fieldOf(step, 'uses'))));
  if (!checkout) {
    return problem(`${path} checks nothing out in the job of the gate`, 'add a step with actions/checkout before it');
  }
  const local = [settings.checkpoint, settings.reference].filter((one) => one !== null && !isOnHub(one));
  const own = local.map((one) => pathIn(root, one ?? '')).filter((one) => one !== null);
  const files = own.flatMap((one) => [one, `${one}/model.safetensors`, `${one}/adapter_model.safetensors`]);
  const isStored = (await Promise.all(files.map((file) => isInLfs(root, file)))).some((is) => is);
  const fetches = String(fieldOf(fieldOf(checkout, 'with'), 'lfs')) === 'true';
  if (isStored && !fetches) {
    return problem(
      `${path} fetches no files of Git LFS, which stores the checkpoint`,
      "add 'lfs: true' to actions/checkout",
    );
  }
  return ok(isStored ? 'it fetches files of Git LFS' : 'no file of the checkpoint is in Git LFS');
}

function fieldOf(from: unknown, name: string): unknown {
  return typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
}
