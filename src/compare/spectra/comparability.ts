import { release } from '@shadow-gate/platform';
import { blockUpdates, isUpdateJudged } from '../../measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../measure/schema/index.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { differingKeys, MAX_UNMATCHED_SHARE } from './like-with-like.ts';

export interface Comparability {
  readonly weights: boolean;
  readonly deltas: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Like with like: another architecture, tensor shape, LoRA rank, reference or tool version makes a comparison invalid.
 * Every such difference is named, and none of them ever passes.
 */
export function checkComparability(candidate: Measurement, baseline: Measurement): Comparability {
  const models = [...versionDifference(candidate, baseline), ...architectureDifference(candidate, baseline)];
  if (candidate.method === null || baseline.method === null) {
    return { weights: false, deltas: false, findings: [...models, ...spectraDifference(candidate, baseline)] };
  }
  const isBase = isReference(baseline, candidate);
  const kinds = isBase ? [] : adapterAndFull(candidate, baseline);
  if (kinds.length > 0) return { weights: false, deltas: false, findings: [...models, ...kinds] };
  const everything = [
    ...models,
    ...tensorDifference(candidate, baseline, 'weight', { isSameModel: models.length === 0 }),
  ];
  if (isBase) {
    const updates = everything.length === 0 ? [noUpdateToCompare(candidate)] : [];
    return { weights: everything.length === 0, deltas: false, findings: [...everything, ...updates] };
  }
  const updates = tensorDifference(candidate, baseline, 'delta', { isSameModel: false });
  const deltas = [
    ...referenceDifference(candidate, baseline),
    ...(updates.length > 0 ? updates : updateDifference(candidate, baseline)),
  ];
  return {
    weights: everything.length === 0,
    deltas: everything.length === 0 && deltas.length === 0,
    // Other shapes follow from another architecture: one cause, one finding.
    findings: everything.length > 0 ? everything : deltas,
  };
}

function isAdapter({ checkpoint }: Pick<Measurement, 'checkpoint'>): boolean {
  return checkpoint.format === 'lora';
}

/**
 * An adapter and a full model: neither tensors nor updates, which differ in rounding and rank, can be compared. An
 * adapter and its own base model is `baseline-is-reference`.
 */
function adapterAndFull(candidate: Measurement, baseline: Measurement): Finding[] {
  if (isAdapter(candidate) === isAdapter(baseline)) return [];
  const [adapter, full] = isAdapter(candidate) ? [candidate, baseline] : [baseline, candidate];
  return [
    {
      kind: 'adapter-and-full',
      level: 'inconclusive',
      adapter: adapter === candidate ? 'candidate' : 'baseline',
      relation: relationToBase(adapter, full),
    },
  ];
}

function relationToBase(adapter: Measurement, full: Measurement): FindingOf<'adapter-and-full'>['relation'] {
  const base = adapter.reference?.digest;
  if (base === undefined) return 'unknown';
  if (base === full.checkpoint.digest) return 'is-reference';
  return base === full.reference?.digest ? 'same-reference' : 'other-reference';
}

/** A run of the probes alone does not miss the spectra. */
function spectraDifference(candidate: Measurement, baseline: Measurement): Finding[] {
  if (candidate.method === null || baseline.method !== null) return [];
  return [{ kind: 'baseline-without-spectra', level: 'inconclusive' }];
}

/**
 * Is the baseline the very checkpoint that the candidate was trained from, and was it trained at all? An adapter is
 * never its own base model, whether it was trained or not.
 */
function isReference(baseline: Measurement, candidate: Measurement): boolean {
  const isUpdated = candidate.tensors.some(({ of, status }) => of === 'delta' && status !== 'zero');
  return (isUpdated || isAdapter(candidate)) && candidate.reference?.digest === baseline.checkpoint.digest;
}

/** The reference has no update of its own. The probes decide then; without them, nothing can. */
function noUpdateToCompare({ probes }: Measurement): Finding {
  return { kind: 'baseline-is-reference', level: probes?.status === 'measured' ? 'info' : 'inconclusive' };
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

/** A tensor of W that the baseline has and the candidate lacks is a failure, if both are the same kind of model. */
function tensorDifference(
  candidate: Measurement,
  baseline: Measurement,
  of: 'weight' | 'delta',
  { isSameModel }: { readonly isSameModel: boolean },
): Finding[] {
  const [ours, theirs] = [describeTensors(candidate, of), describeTensors(baseline, of)];
  if (of === 'delta' && (ours.size === 0 || theirs.size === 0)) return [];
  // An adapter has those matrices of its base model that it trained whole, and perhaps a new head.
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
  const { tensors, vectors } = measurement;
  const matrices = tensors
    .filter((tensor) => tensor.of === of)
    .map((tensor) => [tensor.name, describe(tensor)] as const);
  // A matrix that is listed as a vector would not be judged: the two are not alike.
  const others = of === 'weight' ? vectors.filter((vector) => !isFactor(vector, measurement)) : [];
  const described = others.map(({ name, shape }) => [name, `vector [${shape.join(', ')}]`] as const);
  return new Map([...matrices, ...described]);
}

/**
 * The factors A and B of an adapter are listed with its vectors, since they have no spectrum of their own. Their
 * products are compared, as updates.
 */
function isFactor({ shape }: Measurement['vectors'][number], measurement: Measurement): boolean {
  return isAdapter(measurement) && shape.length > 1;
}

function describe({ shape, loraRank }: Pick<TensorMeasurement, 'shape' | 'loraRank'>): string {
  return `[${shape.join(', ')}]${loraRank === undefined ? '' : ` of LoRA rank ${loraRank}`}`;
}

/** Medians over other matrices are not comparable: one side froze what the other trained, or lost it in rounding. */
function updateDifference(candidate: Measurement, baseline: Measurement): Finding[] {
  const [ours, theirs] = [updatedMatrices(candidate), updatedMatrices(baseline)];
  const all = new Set([...ours, ...theirs]);
  const unmatched = [...all].filter((name) => !(ours.has(name) && theirs.has(name)));
  const [example] = unmatched;
  if (example === undefined || unmatched.length <= MAX_UNMATCHED_SHARE * all.size) return [];
  return [
    {
      kind: 'other-updates',
      level: 'inconclusive',
      example,
      updatedIn: ours.has(example) ? 'candidate' : 'baseline',
      matrices: unmatched.length,
      all: all.size,
    },
  ];
}

function updatedMatrices({ tensors }: Measurement): ReadonlySet<string> {
  return new Set(
    blockUpdates(tensors)
      .filter(isUpdateJudged)
      .map(({ name }) => name),
  );
}
