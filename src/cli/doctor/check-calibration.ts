import { release, VERSION } from '@shadow-gate/platform';
import {
  areExchangeable,
  CALIBRATION_FILE,
  type Calibration,
  describeUpdate,
  findCalibrationDifference,
  LEAST_RUNS,
} from '../../compare/calibration/index.ts';
import { calibrationOnDisk, calibrationPath } from '../../gate/find-calibration.ts';
import { readBaseline } from '../../gate/read-baseline.ts';
import type { ResolvedPolicy } from '../../policy/load.ts';
import { findingText, knownGoodCount } from '../../report/text/index.ts';
import { isInLfs, pathIn } from '../init/git.ts';
import type { OpenedPair } from '../init/model.ts';
import { type DoctorFinding, ok, problem, warning } from './diagnosis.ts';
import type { DoctorSettings } from './settings.ts';

interface CalibrationContext {
  readonly root: string;
  readonly settings: DoctorSettings;
  readonly policy: () => Promise<ResolvedPolicy>;
  readonly pair: () => Promise<OpenedPair | null>;
}

const CALIBRATE_AGAIN = "make it again with 'shadow-gate calibrate', or remove it";

/**
 * Whether the calibration fits model, reference, version and baseline; null where there is none, or no spectra to
 * judge.
 */
export async function checkCalibration(context: CalibrationContext): Promise<DoctorFinding | null> {
  const { root, settings, policy, pair } = context;
  if (settings.only === 'probes' || (settings.checkpoint === null && settings.endpoint !== null)) return null;
  const resolved = await policy().catch(() => null);
  if (resolved === null) return null;
  const path = calibrationPath({ calibration: settings.calibration ?? CALIBRATION_FILE }, resolved);
  if (path === null) return null;
  const inRoot = pathIn(root, path);
  if (inRoot !== null && (await isInLfs(root, inRoot))) {
    return problem(
      `${path} is for Git LFS by .gitattributes, and a run reads its pointer at the base commit`,
      `add '${inRoot} -filter -diff -merge' below that pattern`,
    );
  }
  const named = await calibrationOnDisk({ path, mayBeMissing: path === CALIBRATION_FILE });
  if (named === null) return null;
  const { calibration } = named;
  const differences = [
    ...versionDifference(calibration),
    ...modelDifferences(calibration, await pair().catch(() => null)),
    ...(await baselineDifference(calibration, context)),
  ];
  if (differences.length > 0) return problem(`${path}: ${differences.join('; ')}`, CALIBRATE_AGAIN);
  const { runs, kind } = calibration;
  const what = `${path}: ${knownGoodCount(runs.length, kind)}`;
  const least = LEAST_RUNS[kind];
  if (runs.length < least) {
    return warning(`${what}, and ${least} are needed for limits`, "add some with 'shadow-gate calibrate --add'");
  }
  const hasRate = areExchangeable(kind, runs, resolved.policy.calibration.alpha);
  return ok(hasRate ? `${what}, enough for a rate of false alarms` : `${what}, no rate of false alarms is claimed`);
}

function versionDifference({ tool }: Calibration): string[] {
  if (release(tool.version) === release(VERSION)) return [];
  return [`it was made by version ${tool.version}, and this is ${VERSION}`];
}

const OF_ADAPTERS = 'it is of adapters, and the checkpoint is a full model';
const OF_FULL_MODELS = 'it is of full models, and the checkpoint is an adapter';

/** What a check would refuse, without the weights being read. */
function modelDifferences({ architecture, reference, tensors }: Calibration, pair: OpenedPair | null): string[] {
  if (!pair) return [];
  const { checkpoint, reference: base } = pair;
  const isAdapter = checkpoint.format === 'lora';
  const own = isAdapter && base ? base.architecture : checkpoint.architecture;
  const differs = own.modelType !== null && architecture.modelType !== null && own.modelType !== architecture.modelType;
  const isOfAdapters = tensors.some(({ loraRank }) => loraRank !== undefined);
  return [
    ...(differs ? [`it is of ${architecture.modelType}, and the checkpoint is ${own.modelType}`] : []),
    ...(isOfAdapters === isAdapter ? [] : [isAdapter ? OF_FULL_MODELS : OF_ADAPTERS]),
    ...((reference === null) === (base === null)
      ? []
      : [
          `it was made ${reference === null ? 'without' : 'with'} a reference, and now there is ${base ? 'one' : 'none'}`,
        ]),
  ];
}

/** The approved measurement was made as the candidate's will be: of the same reference, tensors and rank. */
async function baselineDifference(calibration: Calibration, { settings }: CalibrationContext): Promise<string[]> {
  const baseline = await readBaseline(settings.baseline, { mayBeMissing: true }).catch(() => null);
  const update = baseline?.kind === 'measurement' ? describeUpdate(baseline.measurement) : null;
  const difference = update && findCalibrationDifference(calibration, update);
  if (difference === null || difference.cause === 'tool-version') return [];
  const finding = { kind: 'calibration-refused', level: 'inconclusive', ...difference } as const;
  return [`beside ${settings.baseline}: ${findingText(finding)}`];
}
