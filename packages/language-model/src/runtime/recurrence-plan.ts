import { type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at, groupBy } from '@shadow-gate/platform';
import { RECURRENCE } from '../graph/backbone-names.ts';
import type { Stage } from '../graph/recurrence.ts';
import type { ForwardBatch } from './batches.ts';

/** The order of a batch's slots for layers with a state: see `RecurrenceInputs`. */

/** Slots of one sequence, each following the one before. */
interface Row {
  /** Flat slots b · S + s; null for padding. */
  readonly slots: readonly (number | null)[];
  /** The sequence of a trunk, or the trunk of a branch. */
  readonly parent: number;
  /** What precedes the row, newest first: flat slots or, below 0, tokens before the batch (−1 is the last). */
  readonly ancestors: readonly number[];
}

/**
 * The inputs of a batch for layers with a state.
 * @param kernel of their convolutions: it sees `kernel − 1` tokens before
 * @param hasPast does the graph take a state? Otherwise all sequences begin with the batch
 * @throws Error for a batch of trees that is to be continued
 */
export function recurrenceFeeds(
  batch: ForwardBatch,
  { kernel, hasPast }: { readonly kernel: number; readonly hasPast: boolean },
): Record<string, Tensor> {
  const { batch: sequences, length } = batch;
  const slots = sequences * length;
  const { trunks, branches } = rowsOf(batch, kernel);
  if (batch.extendsKvCache && (branches.length > 0 || trunks.length !== sequences)) {
    throw new Error('a batch of trees has no state to continue from');
  }
  const pastRows = hasPast ? sequences * (kernel - 1) : 0;
  const zeros = pastRows + slots;
  /** An index into the convolution inputs before the batch, then the slots', then zeros. */
  const inputIndex = (ancestor: number | undefined, sequence: number): number => {
    if (ancestor === undefined) return zeros;
    if (ancestor >= 0) return pastRows + ancestor;
    return hasPast ? (sequence + 1) * (kernel - 1) + ancestor : zeros;
  };
  const window = (ancestors: readonly number[], sequence: number): number[] =>
    Array.from({ length: kernel - 1 }, (_, i) => inputIndex(ancestors[kernel - 2 - i], sequence));
  const source = Array<number>(slots).fill(0);
  let first = 0;
  const stage = (name: Stage, rows: readonly Row[]): Record<string, Tensor> => {
    // Some kernels fail without rows, but not with one row of padding.
    const all = rows.length > 0 ? rows : [PADDING];
    const width = Math.max(...all.map((row) => row.slots.length));
    const grid = all.flatMap((row) => Array.from({ length: width }, (_, t) => row.slots[t] ?? null));
    for (const [i, slot] of grid.entries()) if (slot !== null) source[slot] = first + i;
    first += grid.length;
    const sequenceOf = (row: Row) => (name === 'trunk' ? row.parent : at(trunks, row.parent).parent);
    const before = all.flatMap((row) => window(row.ancestors, row === PADDING ? 0 : sequenceOf(row)));
    const inputs = grid.map((slot) => (slot === null ? zeros : pastRows + slot));
    const shape = [all.length, width];
    const flat = grid.map((slot) => slot ?? 0);
    const mask = Float32Array.from(grid, (slot) => (slot === null ? 0 : 1));
    const parents = all.map(({ parent }) => parent);
    return {
      [RECURRENCE.slots(name)]: tensor.int64(flat, shape),
      [RECURRENCE.mask(name)]: tensor.float32(mask, [...shape, 1]),
      [RECURRENCE.inputs(name)]: tensor.int64(inputs, shape),
      [RECURRENCE.before(name)]: tensor.int64(before, [all.length, kernel - 1]),
      ...(name === 'branches' || hasPast ? { [RECURRENCE.parents(name)]: tensor.int64(parents, [all.length]) } : {}),
    };
  };
  const after = () => tensor.int64(afterOf(batch, kernel, inputIndex), [sequences, kernel - 1]);
  return {
    ...stage('trunk', trunks),
    ...stage('branches', branches),
    [RECURRENCE.source]: tensor.int64(source, [slots]),
    ...(hasPast ? { [RECURRENCE.after]: after() } : {}),
  };
}

const PADDING: Row = { slots: [null], parent: 0, ancestors: [] };

/** A trunk from each first slot to where it branches, and a branch from there to each last slot. */
function rowsOf(batch: ForwardBatch, kernel: number): { trunks: Row[]; branches: Row[] } {
  const { batch: sequences, length, order } = batch;
  const [trunks, branches]: [Row[], Row[]] = [[], []];
  for (let b = 0; b < sequences; b += 1) {
    const flat = (s: number) => b * length + s;
    if (order.isChain(b)) {
      const slots = Array.from({ length }, (_, s) => (order.isPadding(b, s) ? null : flat(s)));
      trunks.push({ slots, parent: b, ancestors: pastOf(kernel) });
      continue;
    }
    const own = Array.from({ length }, (_, s) => s).filter((s) => !order.isPadding(b, s));
    const children = groupBy(own, (s) => order.parent(b, s));
    const following = (s: number): readonly number[] => children.get(s) ?? [];
    for (const root of following(-1)) {
      const trunk = [root];
      let end = root;
      for (let next = following(end); next.length === 1; next = following(end)) {
        end = at(next, 0);
        trunk.push(end);
      }
      const index = trunks.push({ slots: trunk.map(flat), parent: b, ancestors: pastOf(kernel) }) - 1;
      const ancestors = [...trunk.map(flat).reverse(), ...pastOf(kernel)].slice(0, kernel - 1);
      for (const path of pathsFrom(end, following)) branches.push({ slots: path.map(flat), parent: index, ancestors });
    }
  }
  return { trunks, branches };
}

/** The tokens before the batch: −1 is the last. */
function pastOf(kernel: number): number[] {
  return Array.from({ length: kernel - 1 }, (_, i) => -1 - i);
}

/** The slots after `start` on the way to each last slot. */
function pathsFrom(start: number, following: (s: number) => readonly number[]): number[][] {
  const paths: number[][] = [];
  const open: number[][] = following(start).map((s) => [s]);
  while (open.length > 0) {
    const path = open.pop() ?? [];
    const next = following(at(path, path.length - 1));
    if (next.length === 0) paths.push(path);
    else for (const s of next) open.push([...path, s]);
  }
  return paths;
}

/** The convolution inputs before the token after each sequence, oldest first. */
function afterOf(
  { batch, length, order }: ForwardBatch,
  kernel: number,
  inputIndex: (ancestor: number | undefined, sequence: number) => number,
): number[] {
  return Array.from({ length: batch }, (_, b) =>
    Array.from({ length: kernel - 1 }, (_, i) => {
      const s = length - (kernel - 1) + i;
      if (s < 0) return inputIndex(s, b);
      return inputIndex(order.isPadding(b, s) ? undefined : b * length + s, b);
    }),
  ).flat();
}
