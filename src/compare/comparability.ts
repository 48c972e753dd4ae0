import { blockUpdates, isJudged } from '../measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../measure/schema/measurement.ts';
import { invalid, type Reason } from './finding.ts';

/** What may be compared, and why the rest may not. */
export interface Comparability {
  readonly weights: boolean;
  readonly deltas: boolean;
  readonly reasons: readonly Reason[];
}

/**
 * Like with like: another architecture, tensor shape, LoRA rank, reference or tool version makes a comparison invalid.
 * Every such difference is named, and none of them ever passes.
 */
export function checkComparability(candidate: Measurement, baseline: Measurement): Comparability {
  const models = [...versionDifference(candidate, baseline), ...architectureDifference(candidate, baseline)];
  if (candidate.method === null || baseline.method === null) {
    return { weights: false, deltas: false, reasons: [...models, ...spectraDifference(candidate, baseline)] };
  }
  const everything = [...models, ...tensorDifference(candidate, baseline, 'weight')];
  if (isReference(baseline, candidate)) {
    const updates = everything.length === 0 ? [noUpdateToCompare(candidate)] : [];
    return { weights: everything.length === 0, deltas: false, reasons: [...everything, ...updates] };
  }
  const deltas = [
    ...referenceDifference(candidate, baseline),
    ...tensorDifference(candidate, baseline, 'delta'),
    ...trainedDifference(candidate, baseline),
  ];
  return {
    weights: everything.length === 0,
    deltas: everything.length === 0 && deltas.length === 0,
    // Other shapes follow from another architecture: one cause, one reason.
    reasons: everything.length > 0 ? everything : deltas,
  };
}

/** Whoever asks for the probes only does not miss the spectra. */
function spectraDifference(candidate: Measurement, baseline: Measurement): Reason[] {
  if (candidate.method === null || baseline.method !== null) return [];
  const message = 'the baseline has no spectra to compare with: measure it again without --only probes';
  return [invalid('spectra', 'weight', 'measurement', 'measured', null, message)];
}

/** Is the baseline the very checkpoint that the candidate was trained from, and was it trained at all? */
function isReference(baseline: Measurement, candidate: Measurement): boolean {
  const isUpdated = candidate.tensors.some(({ of, status }) => of === 'delta' && status !== 'zero');
  return isUpdated && candidate.reference?.digest === baseline.checkpoint.digest;
}

/** The reference has no update of its own. The probes decide then; without them, nothing can. */
function noUpdateToCompare({ probes }: Measurement): Reason {
  const message =
    'the baseline is the reference itself: it has no update ΔW that the concentration could be compared with';
  return {
    ...invalid('reference', 'delta', 'ΔW', null, null, message),
    level: probes?.status === 'measured' ? 'info' : 'inconclusive',
  };
}

/** Patch releases measure alike: of a version, what has to be the same. */
export function release(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function versionDifference(candidate: Measurement, baseline: Measurement): Reason[] {
  const [ours, theirs] = [candidate.tool.version, baseline.tool.version];
  if (release(ours) === release(theirs)) return [];
  const message = `the baseline was measured by version ${theirs}, the candidate by ${ours}: measure the baseline again`;
  return [invalid('tool version', null, 'measurement', ours, theirs, message)];
}

function architectureDifference(candidate: Measurement, baseline: Measurement): Reason[] {
  const keys = ['modelType', 'name', 'layers', 'hiddenSize', 'heads', 'keyValueHeads'] as const;
  return keys.flatMap((key) => {
    const [ours, theirs] = [candidate.architecture[key], baseline.architecture[key]];
    // A lone safetensors file has no config: then the tensors alone must agree.
    if (ours === null || theirs === null || ours === theirs) return [];
    const message = `another architecture: ${key} is ${ours}, in the baseline ${theirs}`;
    return [invalid('architecture', null, key, String(ours), String(theirs), message)];
  });
}

function referenceDifference(candidate: Measurement, baseline: Measurement): Reason[] {
  const [ours, theirs] = [candidate.reference?.digest ?? null, baseline.reference?.digest ?? null];
  if (ours === theirs) return [];
  const message = !ours
    ? 'the baseline was measured with a reference, the candidate without: ΔW cannot be compared; give --reference'
    : !theirs
      ? 'the baseline was measured without a reference: ΔW cannot be compared; measure it again with --reference'
      : 'the updates of candidate and baseline start from different references: measure both from the same';
  return [invalid('reference', 'delta', 'ΔW', ours, theirs, message)];
}

/** Names in one reason. */
const NAMED = 3;

function tensorDifference(candidate: Measurement, baseline: Measurement, of: 'weight' | 'delta'): Reason[] {
  const [ours, theirs] = [candidate, baseline].map(
    (measurement) =>
      new Map([
        ...measurement.tensors
          .filter((tensor) => tensor.of === of)
          .map((tensor): Named => [tensor.name, describe(tensor)]),
        ...(of === 'weight' ? measurement.vectors.map((vector): Named => [vector.name, describe(vector)]) : []),
      ]),
  ) as [Map<string, string>, Map<string, string>];
  if (of === 'delta' && (ours.size === 0 || theirs.size === 0)) return [];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].filter((name) => ours.get(name) !== theirs.get(name));
  if (names.length === 0) return [];
  const [first = ''] = names;
  const differences = names
    .slice(0, NAMED)
    .map((name) => `${name}: ${ours.get(name) ?? 'absent'}, in the baseline ${theirs.get(name) ?? 'absent'}`);
  const more = names.length > NAMED ? `; and ${names.length - NAMED} more` : '';
  const what = of === 'delta' ? 'ΔW of other matrices' : 'other tensors';
  return [
    invalid(
      'shape',
      of,
      first,
      ours.get(first) ?? null,
      theirs.get(first) ?? null,
      `${what}: ${differences.join('; ')}${more}`,
    ),
  ];
}

/** Share of the updated matrices that may be updated on one side only: a few hover about the rounding noise. */
const MAX_UNMATCHED_SHARE = 0.1;

/** Medians over other matrices are not comparable: one side froze what the other trained, or drowned it in rounding. */
function trainedDifference(candidate: Measurement, baseline: Measurement): Reason[] {
  const judged = ({ tensors }: Measurement) =>
    new Set(
      blockUpdates(tensors)
        .filter(isJudged)
        .map(({ name }) => name),
    );
  const [ours, theirs] = [judged(candidate), judged(baseline)];
  const all = new Set([...ours, ...theirs]);
  const unmatched = [...all].filter((name) => !(ours.has(name) && theirs.has(name)));
  const [first] = unmatched;
  if (first === undefined || unmatched.length <= MAX_UNMATCHED_SHARE * all.size) return [];
  const has = (names: ReadonlySet<string>) => (names.has(first) ? 'updated' : 'not updated');
  const message = `other matrices were updated: ${unmatched.length} of ${all.size} on one side only, such as ${first}`;
  return [invalid('update', 'delta', first, has(ours), has(theirs), message)];
}

type Named = [name: string, description: string];

function describe({ shape, loraRank }: Pick<TensorMeasurement, 'shape' | 'loraRank'>): string {
  return `[${shape.join(', ')}]${loraRank === undefined ? '' : ` of LoRA rank ${loraRank}`}`;
}
