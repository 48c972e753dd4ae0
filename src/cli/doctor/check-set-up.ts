import { isDeepStrictEqual } from 'node:util';
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
import { checkCalibration } from './check-calibration.ts';
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';
import type { DoctorSettings } from './settings.ts';

interface SetUpContext {
  readonly root: string;
  readonly settings: DoctorSettings;
  readonly policy: () => Promise<ResolvedPolicy>;
  readonly suites: () => Promise<readonly Suite[]>;
  readonly pair: () => Promise<OpenedPair | null>;
}

/** The files of the gate: policy, probe files, baseline, calibration. */
export function setUpChecks(context: SetUpContext): DoctorCheck[] {
  return [
    { name: 'policy', run: () => checkPolicy(context) },
    { name: 'baseline', run: () => checkBaseline(context) },
    { name: 'calibration', run: () => checkCalibration(context) },
  ];
}

async function checkPolicy({ settings, policy, suites }: SetUpContext): Promise<DoctorFinding> {
  const { policyPath } = await policy();
  const name = policyPath ?? 'none, so that the defaults count';
  if (settings.only === 'spectra') return ok(name);
  const all = await suites();
  if (all.length === 0) return warning(`${name}: no probes`, 'list some under probes in the policy');
  const facts = all.map(({ name: suite, items }) => `${suite} (${formatCount(items.length, 'item')})`);
  const warnings = all.flatMap((suite) => suite.warnings);
  const text = `${name}: ${facts.join(', ')}`;
  const [first] = warnings;
  return first === undefined
    ? ok(text)
    : warning(`${text}; ${formatCount(warnings.length, 'warning')}: ${first}`, 'look at the files');
}

const MEASURE_AGAIN = "measure it again with 'shadow-gate measure', or remove it and run 'shadow-gate init'";

async function checkBaseline({ root, settings, pair, suites }: SetUpContext): Promise<DoctorFinding> {
  const { baseline: path, isBaselineNamed } = settings;
  const inRoot = pathIn(root, path);
  if (inRoot?.endsWith('.json') && (await isInLfs(root, inRoot))) {
    return problem(
      `${path} is for Git LFS by .gitattributes, and a run reads its pointer at the base commit`,
      `add '${inRoot} -filter -diff -merge' below that pattern`,
    );
  }
  const baseline = await readBaseline(path, { mayBeMissing: !isBaselineNamed });
  if (baseline.kind === 'missing') {
    return warning(`${BASELINE_FILE} does not exist: there is nothing to compare with`, "run 'shadow-gate init'");
  }
  if (baseline.kind !== 'measurement') return ok(`${path} is a checkpoint, which each check measures first`);
  const { measurement } = baseline;
  const isSpectraOnly = settings.only === 'spectra';
  const differences = [
    ...versionDifference(measurement),
    ...(await modelDifferences(measurement, await pair().catch(() => null))),
    ...(isSpectraOnly ? [] : probeDifferences(measurement, await suites().catch(() => []))),
  ];
  const what = `${path}: ${formatCount(measurement.tensors.length, 'spectrum', 'spectra')}, ${probesOf(measurement)}`;
  const [first] = differences;
  return first === undefined ? ok(what) : problem(`${path}: ${differences.join('; ')}`, MEASURE_AGAIN);
}

function probesOf({ probes }: Measurement): string {
  if (probes === null) return 'no probes';
  return probes.status === 'measured' ? formatCount(probes.items.length, 'answer') : 'probes that did not run';
}

function versionDifference({ tool }: Measurement): string[] {
  if (release(tool.version) === release(VERSION)) return [];
  return [`it was measured by version ${tool.version}, and this is ${VERSION}`];
}

/** What a comparison would find at once, without the weights being read. */
async function modelDifferences({ architecture, reference, behavior }: Measurement, pair: OpenedPair | null) {
  if (!pair) return [];
  const { checkpoint, reference: base } = pair;
  const own = checkpoint.format === 'lora' && base ? base.architecture : checkpoint.architecture;
  const differs = own.modelType !== null && architecture.modelType !== null && own.modelType !== architecture.modelType;
  const files = behavior === null ? null : await describeFiles(checkpoint, base);
  const isSameTokenizer =
    files === null || isDeepStrictEqual(files.tokenizer?.digest, behavior?.files.tokenizer?.digest);
  return [
    ...(differs ? [`it is of ${architecture.modelType}, and the checkpoint is ${own.modelType}`] : []),
    ...((reference === null) === (base === null)
      ? []
      : [
          `it was measured ${reference === null ? 'without' : 'with'} a reference, and now there is ${base ? 'one' : 'none'}`,
        ]),
    ...(isSameTokenizer ? [] : ['it has another tokenizer']),
  ];
}

function probeDifferences({ probes }: Measurement, suites: readonly Suite[]): string[] {
  if (suites.length === 0) return [];
  if (probes?.status !== 'measured') return ['it has no answers to the probes'];
  const theirs = new Map(probes.suites.map((suite) => [suite.name, suite]));
  const missing = suites.filter(({ name }) => !theirs.has(name)).map(({ name }) => name);
  const other = suites.filter((suite) => {
    const known = theirs.get(suite.name);
    // The items of another seed are others by design: a check takes the seed of its baseline.
    return known && known.digest !== suite.digest && (known.seed ?? null) === (suite.seed ?? null);
  });
  return [
    ...(missing.length > 0 ? [`it was not asked ${missing.join(', ')}`] : []),
    ...(other.length > 0 ? [`${other.map(({ name }) => name).join(', ')} changed since`] : []),
  ];
}
