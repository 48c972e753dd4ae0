import { release, VERSION } from '@shadow-gate/platform';
import type { Suite } from '@shadow-gate/probes/suite';
import { readBaseline } from '../../gate/read-baseline.ts';
import { describeFiles } from '../../measure/index.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import type { ResolvedPolicy } from '../../policy/load.ts';
import { formatCount } from '../../report/text/index.ts';
import { BASELINE_FILE } from '../init/existing.ts';
import { isInLfs, pathIn } from '../init/git.ts';
import type { OpenedPair } from '../init/model.ts';
import { type DoctorChecks, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';
import type { DoctorSettings, Workflow } from './settings.ts';

interface FilesContext {
  readonly root: string;
  readonly settings: DoctorSettings;
  readonly policy: () => Promise<ResolvedPolicy>;
  readonly suites: () => Promise<readonly Suite[]>;
  readonly pair: () => Promise<OpenedPair | null>;
}

export function fileChecks(context: FilesContext): DoctorChecks {
  const { workflow } = context.settings;
  return {
    policy: () => checkPolicy(context),
    baseline: () => checkBaseline(context),
    workflow: async () =>
      workflow
        ? checkEvent(workflow)
        : warning('no workflow uses Shadow Gate', "run 'shadow-gate init', or copy one of examples/workflows"),
    action: async () => workflow && checkAction(workflow),
  };
}

async function checkPolicy({ settings, policy, suites }: FilesContext): Promise<DoctorFinding> {
  const { policyPath } = await policy();
  const name = policyPath ?? 'none, so that the defaults count';
  if (settings.only === 'spectra') return ok(name);
  const all = await suites();
  if (all.length === 0) return warning(`${name}: no probes`, 'list some under probes in the policy');
  const text = `${name}: ${all.map((suite) => `${suite.name} (${formatCount(suite.items.length, 'item')})`).join(', ')}`;
  const warnings = all.flatMap((suite) => suite.warnings);
  if (warnings.length === 0) return ok(text);
  return warning(`${text}; ${formatCount(warnings.length, 'warning')}: ${warnings[0]}`, 'look at the files');
}

async function checkBaseline({ root, settings, pair, suites }: FilesContext): Promise<DoctorFinding> {
  const { baseline: path, isBaselineNamed, only } = settings;
  const own = path.endsWith('.json') ? pathIn(root, path) : null;
  if (own !== null && (await isInLfs(root, own))) {
    const text = `${path} is for Git LFS by .gitattributes, and a run reads its pointer at the base commit`;
    return problem(text, `add '${own} -filter -diff -merge' below that pattern`);
  }
  const baseline = await readBaseline(path, { mayBeMissing: !isBaselineNamed });
  if (baseline.kind === 'missing') {
    return warning(`${BASELINE_FILE} does not exist: there is nothing to compare with`, "run 'shadow-gate init'");
  }
  if (baseline.kind !== 'measurement') return ok(`${path} is a checkpoint, which each check measures first`);
  const { measurement } = baseline;
  const { tensors, probes } = measurement;
  const differences = [
    ...(await modelDifferences(measurement, await pair().catch(() => null))),
    ...(only === 'spectra' ? [] : probeDifferences(measurement, await suites().catch(() => []))),
  ];
  if (differences.length > 0) {
    const fix = "measure it again with 'shadow-gate measure', or remove it and run 'shadow-gate init'";
    return problem(`${path}: ${differences.join('; ')}`, fix);
  }
  const answers = probes?.status === 'measured' ? formatCount(probes.items.length, 'answer') : 'no answers';
  return ok(`${path}: ${formatCount(tensors.length, 'spectrum', 'spectra')}, ${answers}`);
}

/** Differences for which a check would refuse the baseline, found without reading weights. */
async function modelDifferences(
  { tool, architecture, reference, behavior }: Measurement,
  pair: OpenedPair | null,
): Promise<string[]> {
  const isOld = release(tool.version) !== release(VERSION);
  const old = isOld ? [`it was measured by version ${tool.version}, and this is ${VERSION}`] : [];
  if (!pair) return old;
  const { checkpoint, reference: base } = pair;
  const own = checkpoint.format === 'lora' && base ? base.architecture : checkpoint.architecture;
  const differs = own.modelType !== null && architecture.modelType !== null && own.modelType !== architecture.modelType;
  const [was, is] = [reference === null ? 'without' : 'with', base ? 'one' : 'none'];
  const tokenizer = behavior && (await describeFiles(checkpoint, base)).tokenizer;
  return [
    ...old,
    ...(differs ? [`it is of ${architecture.modelType}, and the checkpoint is ${own.modelType}`] : []),
    ...((reference === null) === (base === null) ? [] : [`it was measured ${was} a reference, and now there is ${is}`]),
    ...(tokenizer?.digest === behavior?.files.tokenizer?.digest ? [] : ['it has another tokenizer']),
  ];
}

function probeDifferences({ probes }: Measurement, suites: readonly Suite[]): string[] {
  if (suites.length === 0) return [];
  if (probes?.status !== 'measured') return ['it has no answers to the probes'];
  return suites.flatMap(({ name, digest, seed }) => {
    const known = probes.suites.find((suite) => suite.name === name);
    if (!known) return [`it was not asked ${name}`];
    // Another seed has other items by design: a check takes the seed of its baseline.
    return known.digest !== digest && (known.seed ?? null) === (seed ?? null) ? [`${name} changed since`] : [];
  });
}

function checkEvent({ path, content }: Workflow): DoctorFinding {
  // YAML 1.1 reads the key `on` as true.
  const on = content.on ?? content.true;
  const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on.map(String) : Object.keys(on ?? {});
  if (events.includes('pull_request_target')) {
    const text = `${path} runs on pull_request_target, with your secrets and the files of strangers`;
    return problem(text, 'use pull_request');
  }
  if (events.length === 0) return problem(`${path} runs on no event`, "add 'on: pull_request'");
  return ok(`${path}, on ${events.join(', ')}`);
}

export function checkAction({ path, uses }: Pick<Workflow, 'path' | 'uses'>): DoctorFinding {
  if (/^OWNER\//.test(uses)) {
    return problem(`${path} names the action ${uses}, and OWNER is a placeholder`, 'put in the account that hosts it');
  }
  if (/@[0-9a-f]{40}$/.test(uses)) return ok(`${uses} is pinned to a commit`);
  return warning(`${uses} can move`, 'pin it to the commit of a release, with the version in a comment');
}
