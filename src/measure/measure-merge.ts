import { digestCheckpoint, fetchTensors, type TensorDigests } from '@shadow-gate/checkpoints';
import { type Adapter, isStackedModule, type LoraModule, loraFeatures } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { isBuffer } from '@shadow-gate/checkpoints/matrices';
import { tensorPlace, tokenEmbedding } from '@shadow-gate/checkpoints/naming';
import {
  isQuantized,
  isReadable,
  type TensorEntry,
  transposedView,
  wholeMatrix,
} from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import { countNonFinite, findNonFinite } from '@shadow-gate/spectra';
import {
  areTensorsEqual,
  type ExpertWeight,
  expertWeights,
  isBeforeQuantizing,
  isMergedBeforeQuantizing,
  isMergeJudged,
  judgeMerge,
  type MergedWeight,
  TensorNames,
} from '@shadow-gate/spectra/merge';
import type { MeasureSpectraOptions } from './options.ts';
import { roundNumber } from './round.ts';
import type { MergedWeightMeasurement, MergeMeasurement } from './schema/merge.ts';

interface MergeSides {
  readonly adapter: Adapter;
  readonly checkpoint: FullCheckpoint;
  readonly reference: FullCheckpoint;
  readonly digests: TensorDigests;
}

/** Significant digits of r and c: the last ones of a sum depend on the machine. */
const DIGITS = 6;

/**
 * Is the checkpoint the merge of the adapter into the reference? Compares each adapted weight with W₀ + s·BA, each
 * weight that the adapter stores whole with that one, and every other tensor with the reference's.
 * @throws UserError for an adapter whose merge cannot be checked
 */
export async function measureMerge(
  { adapter, checkpoint, reference, digests }: MergeSides,
  onProgress: MeasureSpectraOptions['onProgress'],
): Promise<MergeMeasurement> {
  refuseUnchecked(adapter, checkpoint, reference);
  for (const side of [adapter, checkpoint, reference]) await fetchTensors(side, side.tensors.values(), onProgress);
  const nonFinite = await nonFiniteOf([...adapter.tensors.values()]);
  const damaged = new Set(nonFinite.map(({ name }) => name));
  const names = { checkpoint: namesOf(checkpoint), reference: namesOf(reference) };
  const targets = [
    ...targetsOf(adapter, names),
    ...expertWeights(adapter, adapter.modules.filter(isStackedModule), { checkpoint, reference }).map(ofExperts),
  ];
  refuseQuantized(checkpoint, names.reference, new Set(targets.map(({ merged }) => merged?.name)));
  const weights: MergedWeightMeasurement[] = [];
  /** Names in the checkpoint of the weights that are judged. */
  const explained = new Set<string>();
  /** Weights of the reference that the adapter changes and the checkpoint lacks under the same name. */
  const lacking = new Set<string | null>();
  for (const [index, target] of targets.entries()) {
    const { name, merged, base, original, modules, views } = target;
    onProgress?.({ phase: 'merge', done: index, total: targets.length, item: name });
    if (merged) explained.add(merged.name);
    // The reference may store experts under other names.
    if (!merged || views) lacking.add(original);
    const described = describe(merged === null || views ? name : merged.name, modules);
    const status = unmerged(target);
    const used = modules.flatMap(({ a, b, magnitude }) => [a, b, ...(magnitude ? [magnitude] : [])]);
    const isDamaged = used.some((entry) => damaged.has(entry.name));
    if (status !== null || !merged || !base || isDamaged) {
      weights.push({ ...described, status: status ?? 'notFinite', residual: null, coefficient: null });
      continue;
    }
    const weight = { merged, base, modules, ...(views && { views }) };
    const judged = await judgeMerge(weight);
    if (judged.status === 'different' && (await isMergedBeforeQuantizing(weight)))
      throw beforeQuantizing(checkpoint, described.name, base);
    weights.push({
      ...described,
      status: judged.status,
      residual: judged.residual === null ? null : roundNumber(judged.residual, DIGITS),
      coefficient: judged.coefficient === null ? null : roundNumber(judged.coefficient, DIGITS),
    });
  }
  for (const [name, saved] of adapter.saved) {
    const merged = names.checkpoint(name);
    if (merged && explained.has(merged.name)) continue;
    if (merged) explained.add(merged.name);
    else lacking.add(names.reference(name)?.name ?? null);
    const status = await judgeSaved({ merged, base: names.reference(name) }, saved, digests);
    const own = { name: merged?.name ?? name, kind: 'saved', rank: null, scale: null } as const;
    weights.push({ ...own, status, residual: null, coefficient: null });
  }
  onProgress?.({ phase: 'reading' });
  const others = await compareOthers({ checkpoint, reference, digests }, { explained, lacking });
  onProgress?.({ phase: 'finishing' });
  return {
    adapter: {
      digest: await digestCheckpoint(adapter, digests),
      tensors: adapter.tensors.size,
      parameters: [...adapter.tensors.values()].reduce((sum, { size }) => sum + size, 0),
    },
    weights: weights.sort((a, b) => (a.name < b.name ? -1 : 1)),
    others,
    nonFinite,
  };
}

function refuseUnchecked(adapter: Adapter, checkpoint: FullCheckpoint, reference: FullCheckpoint): void {
  const onnx = [checkpoint, reference].find(({ format }) => format === 'onnx');
  if (onnx) {
    throw new UserError(
      `${onnx.path} is an ONNX model, whose weights have other names and layouts than those of the adapter`,
      'check the merge on the safetensors checkpoint, before it is exported',
    );
  }
  const bias = [...adapter.tensors.keys()].find((name) => name.endsWith('.lora_B.bias'));
  if (bias !== undefined) {
    throw new UserError(
      `${adapter.path}: ${JSON.stringify(bias)} is the bias of B (lora_bias), whose merge is not checked`,
      'leave out the adapter, and compare the merged model with a baseline',
    );
  }
}

/** Refuse other weights that were quantized after the merge: behind the rounding, they cannot be compared. */
function refuseQuantized(checkpoint: FullCheckpoint, find: FindTensor, changed: ReadonlySet<string | undefined>): void {
  for (const entry of checkpoint.tensors.values()) {
    const { name, dtype } = entry;
    const original = isQuantized(entry) && !changed.has(name) ? find(name) : null;
    if (!original || original.dtype === dtype) continue;
    throw new UserError(
      `${checkpoint.path}: ${JSON.stringify(name)} is ${dtype}, and ${original.dtype} in the reference: whether it was changed cannot be seen behind the rounding`,
      'check the merge before the weights are quantized, and compare the quantized model with the merged one',
    );
  }
}

function beforeQuantizing({ path }: FullCheckpoint, name: string, original: TensorEntry): UserError {
  return new UserError(
    `${path}: ${JSON.stringify(name)} is near the ${original.dtype} weight of the reference and not made from it: it may be from the model that was quantized, or changed by less than the rounding`,
    'give that model as reference, into which the adapter may have been merged: behind the rounding of its copy that is not seen',
  );
}

async function nonFiniteOf(entries: readonly TensorEntry[]): Promise<MergeMeasurement['nonFinite']> {
  const device = { name: 'cpu', reason: 'an adapter is small' } as const;
  const found: MergeMeasurement['nonFinite'] = [];
  for (const entry of await findNonFinite(entries.filter(isMergeJudged), device)) {
    const counts = await countNonFinite(entry, device);
    if (counts.nan + counts.inf > 0) found.push({ name: entry.name, ...counts });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

type FindTensor = (name: string) => TensorEntry | null;

/** Finds tensors under any of their names. A tied head may be stored as the embeddings alone. */
function namesOf(checkpoint: FullCheckpoint): FindTensor {
  const names = new TensorNames(checkpoint.tensors);
  const embedding = checkpoint.architecture.tied ? tokenEmbedding(checkpoint.tensors.values()) : null;
  return (name) => names.find(name) ?? (isHead(name) ? embedding : null);
}

const isHead = (name: string): boolean => tensorPlace(name, { multimodal: false }).module === 'lm_head';

interface MergeTarget {
  /** The name in the adapter; for an expert, in the checkpoint. */
  readonly name: string;
  readonly merged: TensorEntry | null;
  readonly base: TensorEntry | null;
  /** Its name in the reference. */
  readonly original: string | null;
  readonly modules: readonly [LoraModule, ...LoraModule[]];
  readonly views?: MergedWeight['views'];
}

/** The weights that the adapter changes: two tied modules change the same one. */
function targetsOf({ modules, saved }: Adapter, find: Record<'checkpoint' | 'reference', FindTensor>): MergeTarget[] {
  const targets = new Map<string, MergeTarget>();
  for (const module of modules) {
    if (isStackedModule(module)) continue;
    const name = module.target;
    const merged = find.checkpoint(name);
    const key = merged?.name ?? name;
    const known = targets.get(key);
    const original = find.reference(name);
    const base = baseOf(original, saved.get(name));
    const own: MergeTarget = { name, merged, base, original: original?.name ?? null, modules: [module] };
    targets.set(key, known ? { ...known, modules: [...known.modules, module] } : own);
  }
  return [...targets.values()];
}

function ofExperts({ name, merged, base, module }: ExpertWeight): MergeTarget {
  const views = merged &&
    base && {
      merged: merged.view,
      base: merged.inputFirst === base.inputFirst ? base.view : transposedView(base.view),
    };
  return {
    name,
    merged: merged?.source ?? null,
    base: base?.source ?? null,
    original: base?.source.name ?? null,
    modules: [module],
    ...(views && { views }),
  };
}

/** PEFT saves the base of adapted embeddings. It counts only if tokens were added, and is otherwise the reference's. */
function baseOf(original: TensorEntry | null, copy: TensorEntry | undefined): TensorEntry | null {
  return original && copy && original.shape.join() !== copy.shape.join() ? copy : original;
}

function describe(name: string, [{ rank, scale, magnitude }]: MergeTarget['modules']) {
  return { name, kind: magnitude ? 'dora' : 'lora', rank, scale: roundNumber(scale) } as const;
}

/** @returns null if both exist and have the shape of the update */
function unmerged({ merged, base, modules, views }: MergeTarget) {
  if (!merged) return 'notInCheckpoint';
  if (!base) return 'notInReference';
  if (!isMergeJudged(merged) || !isReadable(base)) return 'unreadable';
  if (merged.shape.length < 2) return 'otherShape';
  const [stored, original] = [
    views?.merged.shape ?? wholeMatrix(merged.shape).shape,
    views?.base.shape ?? wholeMatrix(base.shape).shape,
  ].map(String);
  if (stored !== original || (!views && merged.shape.join() !== base.shape.join())) return 'otherShape';
  const isAlike = modules.every((module) => {
    const { output, input } = loraFeatures(module);
    return (module.transposed ? [input, output] : [output, input]).join() === stored;
  });
  return isAlike ? null : 'otherShape';
}

async function judgeSaved(
  { merged, base }: Pick<MergeTarget, 'merged' | 'base'>,
  saved: TensorEntry,
  digests: TensorDigests,
): Promise<MergedWeightMeasurement['status']> {
  if (!merged) return 'notInCheckpoint';
  if (merged.shape.join() !== saved.shape.join()) return 'otherShape';
  if (await areTensorsEqual(merged, saved, digests)) return 'applied';
  return base && (await areTensorsEqual(merged, base, digests)) ? 'notApplied' : 'different';
}

/** Compares the tensors that the adapter does not change with the reference's. */
async function compareOthers(
  { checkpoint, reference, digests }: Omit<MergeSides, 'adapter'>,
  { explained, lacking }: { explained: ReadonlySet<string>; lacking: ReadonlySet<string | null> },
): Promise<MergeMeasurement['others']> {
  const [inCheckpoint, inReference] = [new TensorNames(checkpoint.tensors), new TensorNames(reference.tensors)];
  const unequal: MergeMeasurement['others']['unequal'] = [];
  let equal = 0;
  for (const entry of checkpoint.tensors.values()) {
    if (explained.has(entry.name)) continue;
    const original = inReference.find(entry.name);
    const isSame = original ? await areTensorsEqual(entry, original, digests) : isBuffer(entry);
    if (isSame || (await isTiedHead(entry, { checkpoint, reference, digests }))) equal += 1;
    else if (original && (await isBeforeQuantizing(entry, original)))
      throw beforeQuantizing(checkpoint, entry.name, original);
    else unequal.push({ name: entry.name, change: original ? 'changed' : 'added' });
  }
  for (const entry of reference.tensors.values()) {
    if (inCheckpoint.find(entry.name) || lacking.has(entry.name) || isBuffer(entry)) continue;
    // Libraries store the tied head or leave it out.
    if (checkpoint.architecture.tied && isHead(entry.name)) continue;
    unequal.push({ name: entry.name, change: 'missing' });
  }
  return { equal, unequal: unequal.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Is it a head equal to the embeddings that it is tied to, or to the reference's where those alone were trained? */
async function isTiedHead(
  entry: TensorEntry,
  { checkpoint, reference, digests }: Pick<MergeSides, 'checkpoint' | 'reference' | 'digests'>,
): Promise<boolean> {
  if (!isHead(entry.name)) return false;
  for (const { architecture, tensors } of [checkpoint, reference]) {
    const embedding = architecture.tied ? tokenEmbedding(tensors.values()) : null;
    if (embedding !== null && (await areTensorsEqual(entry, embedding, digests))) return true;
  }
  return false;
}
