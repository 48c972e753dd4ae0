import { release } from '@shadow-gate/platform';
import { blockUpdates, isUpdateJudged } from '../../measure/aggregate.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import type { Finding, FindingOf } from '../finding.ts';

export interface Comparability {
  readonly weights: boolean;
  readonly deltas: boolean;
  readonly findings: readonly Finding[];
}

/** Another architecture, shape, LoRA rank, reference or tool version is named, and never passes. */
export function checkComparability(candidate: Measurement, baseline: Measurement): Comparability {
  const none = { weights: false, deltas: false };
  const models = [...versionDifference(candidate, baseline), ...architectureDifference(candidate, baseline)];
  if (candidate.method === null || baseline.method === null) {
    const missing = { kind: 'baseline-without-spectra', level: 'inconclusive' } as const;
    // A run of the probes alone does not miss the spectra.
    return { ...none, findings: candidate.method === null ? models : [...models, missing] };
  }
  const isBase = isReference(baseline, candidate);
  const kinds = isBase ? [] : adapterAndFull(candidate, baseline);
  if (kinds.length > 0) return { ...none, findings: [...models, ...kinds] };
  const everything = [
    ...models,
    ...tensorDifference(candidate, baseline, 'weight', { isSameModel: models.length === 0 }),
  ];
  const weights = everything.length === 0;
  if (isBase) {
    // The reference has no update of its own: only the probes can decide.
    const level = candidate.probes?.status === 'measured' ? 'info' : 'inconclusive';
    return { weights, deltas: false, findings: weights ? [{ kind: 'baseline-is-reference', level }] : everything };
  }
  const updates = tensorDifference(candidate, baseline, 'delta', { isSameModel: false });
  const deltas = [
    ...referenceDifference(candidate, baseline),
    ...(updates.length > 0 ? updates : updateDifference(candidate, baseline)),
  ];
  // Other shapes follow from another architecture: one cause, one finding.
  return { weights, deltas: weights && deltas.length === 0, findings: weights ? deltas : everything };
}

function isAdapter({ checkpoint }: Pick<Measurement, 'checkpoint'>): boolean {
  return checkpoint.format === 'lora';
}

/** Neither their tensors nor their updates, which differ in rounding and rank, can be compared. */
function adapterAndFull(candidate: Measurement, baseline: Measurement): Finding[] {
  if (isAdapter(candidate) === isAdapter(baseline)) return [];
  const adapter = isAdapter(candidate) ? 'candidate' : 'baseline';
  const relation = isAdapter(candidate) ? relationToBase(candidate, baseline) : relationToBase(baseline, candidate);
  return [{ kind: 'adapter-and-full', level: 'inconclusive', adapter, relation }];
}

function relationToBase(adapter: Measurement, full: Measurement): FindingOf<'adapter-and-full'>['relation'] {
  const base = adapter.reference?.digest;
  if (base === undefined) return 'unknown';
  if (base === full.checkpoint.digest) return 'is-reference';
  return base === full.reference?.digest ? 'same-reference' : 'other-reference';
}

/** Was the candidate trained from the baseline itself, and trained at all? An adapter is never its own base model. */
function isReference(baseline: Measurement, candidate: Measurement): boolean {
  const isUpdated = candidate.tensors.some(({ of, status }) => of === 'delta' && status !== 'zero');
  return (isUpdated || isAdapter(candidate)) && candidate.reference?.digest === baseline.checkpoint.digest;
}

function versionDifference(candidate: Measurement, baseline: Measurement): Finding[] {
  const [ours, theirs] = [candidate.tool.version, baseline.tool.version];
  if (release(ours) === release(theirs)) return [];
  return [{ kind: 'other-version', level: 'inconclusive', candidate: ours, baseline: theirs }];
}

function architectureDifference(candidate: Measurement, baseline: Measurement): Finding[] {
  return differingKeys(candidate.architecture, baseline.architecture).map((key) => ({
    kind: 'other-architecture',
    level: 'inconclusive',
    key,
    candidate: String(candidate.architecture[key]),
    baseline: String(baseline.architecture[key]),
  }));
}

function referenceDifference(candidate: Measurement, baseline: Measurement): Finding[] {
  const [ours, theirs] = [candidate.reference?.digest ?? null, baseline.reference?.digest ?? null];
  if (ours === theirs) return [];
  return [{ kind: 'other-reference', level: 'inconclusive', candidate: ours, baseline: theirs }];
}

const NAMED = 3;

/** A tensor of W that only the baseline has is a failure, if both are the same kind of model. */
function tensorDifference(
  candidate: Measurement,
  baseline: Measurement,
  of: 'weight' | 'delta',
  { isSameModel }: { readonly isSameModel: boolean },
): Finding[] {
  const [ours, theirs] = [describeTensors(candidate, of), describeTensors(baseline, of)];
  if (of === 'delta' && (ours.size === 0 || theirs.size === 0)) return [];
  // An adapter has only the matrices that it trained whole, and perhaps a new head.
  const isPart = isAdapter(candidate) && !isAdapter(baseline);
  const all = isPart ? [...ours.keys()].filter((name) => theirs.has(name)) : [...ours.keys(), ...theirs.keys()];
  const names = [...new Set(all)].filter((name) => ours.get(name) !== theirs.get(name));
  if (names.length === 0) return [];
  const named = names
    .slice(0, NAMED)
    .map((name) => ({ name, candidate: ours.get(name) ?? null, baseline: theirs.get(name) ?? null }));
  const isSameFormat = sortOf(candidate.checkpoint) === sortOf(baseline.checkpoint);
  const unmeasured = new Set(
    candidate.skipped.flatMap(({ name, cause }) => (cause === 'not-enough-memory' ? [name] : [])),
  );
  const isLost = (tensor: string) => !ours.has(tensor) && !unmeasured.has(tensor);
  const lacks = isSameModel && isSameFormat && [...theirs.keys()].some(isLost);
  return [{ kind: 'other-tensors', level: lacks ? 'fail' : 'inconclusive', of, named, tensors: names.length }];
}

/** Pickles have the names and the tensors of safetensors. */
function sortOf({ format }: Measurement['checkpoint']): string {
  return format === 'pytorch' ? 'safetensors' : format;
}

/** Shape and LoRA rank of every matrix, and for W of every vector, by name. */
function describeTensors(measurement: Measurement, of: 'weight' | 'delta'): ReadonlyMap<string, string> {
  const matrices = measurement.tensors
    .filter((tensor) => tensor.of === of)
    .map(({ name, shape, loraRank }) => {
      return [name, `[${shape.join(', ')}]${loraRank === undefined ? '' : ` of LoRA rank ${loraRank}`}`] as const;
    });
  // The factors of an adapter, listed with its vectors, are compared by their products. Any other matrix that is listed
  // as a vector would not be judged.
  const vectors = of === 'weight' ? measurement.vectors : [];
  const others = vectors.filter(({ shape }) => !(isAdapter(measurement) && shape.length > 1));
  return new Map([...matrices, ...others.map(({ name, shape }) => [name, `vector [${shape.join(', ')}]`] as const)]);
}

/** Medians over other matrices are not comparable: one side froze what the other trained, or lost it in rounding. */
function updateDifference(candidate: Measurement, baseline: Measurement): Finding[] {
  const [ours, theirs] = [updatedMatrices(candidate), updatedMatrices(baseline)];
  const all = new Set([...ours, ...theirs]);
  const unmatched = [...all].filter((name) => !(ours.has(name) && theirs.has(name)));
  const [example] = unmatched;
  if (example === undefined || unmatched.length <= MAX_UNMATCHED_SHARE * all.size) return [];
  const updatedIn = ours.has(example) ? 'candidate' : 'baseline';
  const counts = { matrices: unmatched.length, all: all.size };
  return [{ kind: 'other-updates', level: 'inconclusive', example, updatedIn, ...counts }];
}

function updatedMatrices({ tensors }: Measurement): ReadonlySet<string> {
  return new Set(
    blockUpdates(tensors)
      .filter(isUpdateJudged)
      .map(({ name }) => name),
  );
}

type Architecture = Measurement['architecture'];

const KEYS = ['modelType', 'name', 'layers', 'hiddenSize', 'heads', 'keyValueHeads'] as const;

/** Keys in which two architectures differ. Without a config, the tensors alone must agree. */
export function differingKeys(a: Architecture, b: Architecture): ReadonlyArray<(typeof KEYS)[number]> {
  return KEYS.filter((key) => a[key] !== null && b[key] !== null && a[key] !== b[key]);
}

/** Share of the updated matrices that may be updated on one side only: a few lie close to the rounding noise. */
export const MAX_UNMATCHED_SHARE = 0.1;
