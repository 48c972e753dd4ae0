import type { Tensor } from '../../onnx/session.ts';
import { forget, type KeyValues, type Pass, type TrunkRunner } from './backbone-session.ts';
import type { BatchBudget } from './batch-budget.ts';
import { alignedPass } from './batches.ts';
import { KEEPING } from './schedule.ts';

export interface PrefillOptions {
  readonly isLong: boolean;
  /** Room for this many tokens in all, for those that come later; as many as there are, if it is not said. */
  readonly capacity?: number;
  /** Slots at the beginning of each sequence that are filling. */
  readonly starts?: readonly number[];
  /** Which slots of the piece from `start` to `end` are wanted, counted from `start`: for one sequence. */
  readonly rows?: (start: number, end: number) => readonly number[];
  /** Told of the hidden states [rows, hidden] that were wanted. */
  readonly onHidden?: (hidden: Float32Array, rows: number) => Promise<void>;
}

/** Keys and values so far, and the hidden states [rows, hidden] of the last pass: of the last slots, if none were asked for. */
export interface Prefilled {
  readonly past: KeyValues;
  readonly hidden: Tensor;
}

/**
 * Compute keys and values of sequences of one length, in pieces that fit into the budget.
 * @param sequences [B] of S tokens each
 */
export async function prefill(
  trunk: TrunkRunner,
  budget: BatchBudget,
  sequences: readonly (readonly number[])[],
  { isLong, capacity, starts, rows, onHidden }: PrefillOptions,
): Promise<Prefilled> {
  const batch = sequences.length;
  const length = sequences[0]?.length ?? 0;
  const room = Math.max(capacity ?? length, length);
  const piece = budget.longest(batch, room, KEEPING);
  const filling = starts ?? Array<number>(batch).fill(0);
  let state: Prefilled | null = null;
  for (let start = 0; start < length; start += piece) {
    const end = Math.min(length, start + piece);
    const past: KeyValues | null = state?.past ?? trunk.room(batch, room);
    const tokens = sequences.map((sequence) => sequence.slice(start, end));
    const pass = alignedPass(tokens, filling, past, isLong);
    const wanted = rows?.(start, end) ?? [];
    // Some operators of a mixture of experts divide by the number of rows: never none.
    state = await extend(trunk, wanted.length > 0 ? { ...pass, rows: wanted } : pass);
    if (wanted.length > 0) await onHidden?.(state.hidden.data as Float32Array, wanted.length);
  }
  if (!state) throw new Error('nothing to compute keys and values of');
  return state;
}

/** Run a pass that keeps its keys and values, and give back those that they replace. */
export async function extend(trunk: TrunkRunner, pass: Pass): Promise<Prefilled> {
  const { hidden, present } = await trunk.run(pass);
  if (!present) throw new Error('the past was not kept');
  if (pass.past && present.layers !== pass.past.layers) forget(pass.past);
  return { past: present, hidden };
}
