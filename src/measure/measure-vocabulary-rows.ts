import { type Checkpoint, fetchTensors, whileUnchanged } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { tokenEmbedding } from '@shadow-gate/checkpoints/naming';
import type { Device } from '@shadow-gate/checkpoints/onnx';
import { expansionMemory, isQuantized, storedEntries, type TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { findTokenizer, vocabularyParts } from '@shadow-gate/language-model/tokens';
import { at, UserError } from '@shadow-gate/platform';
import { compareRows, isExpandedWhole, nearestRows, type TokenRows, tokenRowsShape } from '@shadow-gate/spectra';
import { ownHead, readableMatrices, type UsedWeights, weightsOf } from './behavior/vocabulary-matrices.ts';
import { defaultMemoryLimit } from './measure-spectra.ts';
import type { MeasureSpectraOptions } from './options.ts';
import type { RowCount, VocabularyRows } from './schema/vocabulary-rows.ts';

const CPU: Device = { name: 'cpu', reason: 'one pass over two matrices' };

/** A row whose cosine with its original is lower is looked for among the rows of other tokens. */
const NEAR_COSINE = 0.9;

const MOVED_COSINE = 0.5;

/** A row is zero if its norm is at most this share of the largest. */
const ZERO_ROW = 1e-6;

/**
 * Largest distance between a row and its copy, as a share of its norm. bfloat16 rounds by 0.002; b-bit formats with one
 * scale for a row round by about 2.3 · 2⁻ᵇ, those with blocks by less. The nearest row of another token is at 0.65 in
 * the median of SmolLM2, and below 0.31 for one token of a thousand.
 */
const FLOAT_DISTANCE = 0.004;
const FLOAT8_DISTANCE = 0.06;
const packedDistance = (bits: number) => Math.min(0.35, 4 / 2 ** Math.floor(bits));

/**
 * Dimensions d of the sketches, whose distances vary by 1/√(2d). The chance that any of 10¹⁰ pairs of unrelated rows
 * comes within a share s is 10¹⁰ · P(χ²(d) ≤ d·s²/2): 4e-16 for s = 0.025 and d = 16, 2e-7 for s = 0.525 and d = 64.
 */
const DIMENSIONS = { near: 16, far: 64 } as const;
const NEAR_DISTANCE = 0.025;
const SKETCH_SLACK = 1.5;

export interface ComparedWith {
  readonly name: VocabularyRows['against'];
  readonly checkpoint: FullCheckpoint;
}

interface Pair {
  readonly matrix: VocabularyRows['matrix'];
  readonly own: TokenRows;
  readonly original: TokenRows;
}

/**
 * Compare the rows of the embedding and of an untied output matrix with those of the same tokens in other weights. An
 * adapter has only the matrices that it stores whole.
 * @param base of an adapter
 * @returns nothing for matrices with another number of columns
 * @throws UserError if the memory is not enough
 */
export async function measureVocabularyRows(
  { checkpoint, base }: { readonly checkpoint: Checkpoint; readonly base: FullCheckpoint | null },
  against: ComparedWith,
  { memoryLimit = defaultMemoryLimit(), onProgress }: Pick<MeasureSpectraOptions, 'memoryLimit' | 'onProgress'>,
): Promise<VocabularyRows[]> {
  const pairs = pairsOf(checkpoint, base, against.checkpoint);
  for (const { own, original } of pairs) expectMemory([own, original], memoryLimit);
  const sides = [
    { checkpoint, tensors: pairs.map(({ own }) => own.entry) },
    { checkpoint: against.checkpoint, tensors: pairs.map(({ original }) => original.entry) },
  ];
  for (const { checkpoint: side, tensors } of sides) await fetchTensors(side, tensors, onProgress);
  return whileUnchanged(sides, async () => {
    const found: VocabularyRows[] = [];
    for (const pair of pairs) found.push(await comparePair(pair, against));
    return found;
  });
}

function pairsOf(checkpoint: Checkpoint, base: FullCheckpoint | null, original: FullCheckpoint): Pair[] {
  const [own, others] = [weightsOf(checkpoint, base), weightsOf(original, null)];
  if (own === null || others === null) return [];
  const [ours, theirs] = [embeddingOf(own), embeddingOf(others)];
  const head = ownHead(own);
  const named = [
    { matrix: 'embedding', entry: ours, other: theirs },
    // An untied output matrix may start from a tied one.
    { matrix: 'output matrix', entry: head, other: ownHead(others) ?? theirs },
  ] as const;
  const stored = new Set(checkpoint.format === 'lora' ? checkpoint.saved.values() : checkpoint.tensors.values());
  return named.flatMap(({ matrix, entry, other }) => {
    if (entry === null || other === null || !stored.has(entry)) return [];
    const pair = { matrix, own: rowsOf(entry, ours), original: rowsOf(other, theirs) };
    return tokenRowsShape(pair.own)[1] === tokenRowsShape(pair.original)[1] ? [pair] : [];
  });
}

const embeddingOf = (weights: UsedWeights): TensorEntry | null => tokenEmbedding(readableMatrices(weights));

/** @param embedding [V, n], whose n says which axis of an output matrix has the tokens */
function rowsOf(entry: TensorEntry, embedding: TensorEntry | null): TokenRows {
  const [first, second] = [at(entry.shape, 0), at(entry.shape, 1)];
  const features = embedding?.shape[1] ?? second;
  return { entry, transposed: second !== features && first === features };
}

function expectMemory(sides: readonly TokenRows[], limit: number): void {
  const needed = sides.filter(isExpandedWhole).reduce((sum, { entry }) => sum + expansionMemory(entry), 0);
  if (needed <= limit) return;
  throw new UserError(
    `comparing the rows of ${JSON.stringify(at(sides, 0).entry.name)} takes ${needed} bytes of memory, and the limit is ${Math.floor(limit)}`,
    'use a machine with more memory, or raise the limit',
    { code: 'not-enough-memory' },
  );
}

async function comparePair({ matrix, own, original }: Pair, against: ComparedWith): Promise<VocabularyRows> {
  const distance = SKETCH_SLACK * Math.max(copyDistance(own.entry), copyDistance(original.entry));
  const dimensions = distance <= NEAR_DISTANCE ? DIMENSIONS.near : DIMENSIONS.far;
  const sums = await compareRows(own, original, { dimensions, device: CPU });
  const { products, energies, originalEnergies } = sums;
  const isZero = zeroesIn(energies);
  const wasZero = zeroesIn(originalEnergies);
  const cosines = products.map((product, i) => product / Math.sqrt(at(energies, i) * at(originalEnergies, i)));
  const ids = [...energies.keys()];
  const zeroed = ids.filter((id) => isZero(id) && !wasZero(id));
  const far = ids.filter((id) => !isZero(id) && (wasZero(id) || at(cosines, id) < NEAR_COSINE));
  const rowOf = (sketch: Float32Array, id: number) => sketch.subarray(id * dimensions, (id + 1) * dimensions);
  const queries = new Float32Array(far.length * dimensions);
  for (const [i, id] of far.entries()) queries.set(rowOf(sums.sketch, id), i * dimensions);
  const nearest = far.length === 0 ? [] : await nearestRows(queries, sums.originalSketch, { dimensions, device: CPU });
  const others = new Map<number, number>();
  for (const [i, id] of far.entries()) {
    const other = at(nearest, i);
    const row = rowOf(sums.sketch, id);
    const toOther = relativeDistance(row, rowOf(sums.originalSketch, other));
    const toOwn = relativeDistance(row, rowOf(sums.originalSketch, id));
    if (other !== id && toOther <= Math.min(distance, toOwn / 2)) others.set(id, other);
  }
  const moved = far.filter((id) => !wasZero(id) && !others.has(id) && at(cosines, id) < MOVED_COSINE);
  const isAnyFound = zeroed.length + others.size + moved.length > 0;
  const parts = isAnyFound ? await partsOf(against.checkpoint, energies.length) : null;
  return {
    matrix,
    tensor: own.entry.name,
    against: against.name,
    candidate: tokenRowsShape(own)[0],
    original: tokenRowsShape(original)[0],
    others: countRows([...others.keys()], parts),
    shift: commonShift(others),
    zeroed: countRows(zeroed, parts),
    moved: countRows(moved, parts),
  };
}

function copyDistance(entry: TensorEntry): number {
  if (/F8|FP8/i.test(entry.dtype)) return FLOAT8_DISTANCE;
  if (!isQuantized(entry)) return FLOAT_DISTANCE;
  const bytes = storedEntries(entry).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Math.max(FLOAT_DISTANCE, packedDistance((8 * bytes) / entry.size));
}

function zeroesIn(energies: Float64Array): (id: number) => boolean {
  const largest = energies.reduce(
    (most, energy) => (energy > most && energy < Number.POSITIVE_INFINITY ? energy : most),
    0,
  );
  return (id) => at(energies, id) <= ZERO_ROW ** 2 * largest;
}

/** As a share of the norm of the second row; infinite if that is zero. */
function relativeDistance(row: Float32Array, other: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (const [i, value] of other.entries()) {
    difference += (at(row, i) - value) ** 2;
    norm += value ** 2;
  }
  return norm > 0 ? Math.sqrt(difference / norm) : Number.POSITIVE_INFINITY;
}

/** The part of each id by the approved weights' tokenizer; null without one. */
async function partsOf(place: FullCheckpoint, rows: number): Promise<readonly string[] | null> {
  try {
    const tokenizer = await findTokenizer(place);
    if (tokenizer === null) return null;
    try {
      return vocabularyParts(tokenizer, rows);
    } finally {
      await tokenizer.close?.();
    }
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function countRows(ids: readonly number[], parts: readonly string[] | null): RowCount {
  if (parts === null) return { rows: ids.length, parts: [] };
  const all = countBy(parts);
  const counts = countBy(ids.map((id) => at(parts, id)));
  const rows = [...counts].map(([part, own]) => ({ part, rows: own, of: all.get(part) ?? own }));
  return { rows: ids.length, parts: rows.sort((a, b) => b.rows - a.rows || (a.part < b.part ? -1 : 1)) };
}

function countBy<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** A shift is named if more than half of two or more rows have it. */
function commonShift(others: ReadonlyMap<number, number>): number | null {
  const shifts = countBy([...others].map(([id, other]) => other - id));
  const [[shift, rows] = [0, 0]] = [...shifts].sort(([, a], [, b]) => b - a);
  return rows >= 2 && 2 * rows > others.size ? shift : null;
}
