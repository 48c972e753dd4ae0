import { openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { CPU } from '../../../../test/language-models.ts';
import { readTensors } from '../../../checkpoints/test/read-tensors.ts';
import { OnnxEngine, type OnnxEngineOptions } from '../../src/runtime/onnx-engine.ts';

export const NO_STOPS: ReadonlySet<number> = new Set();

/** transformers differs from itself by 1.3e-5 with another kernel; the smallest missing feature shows at 1e-3. */
export const TOLERANCE = 1e-4;

export async function openLora(path: string): Promise<Adapter> {
  const checkpoint = await openCheckpoint(path);
  if (checkpoint.format !== 'lora') throw new Error(`${path} is no adapter`);
  return checkpoint;
}

export interface EngineChanges extends Partial<OnnxEngineOptions> {
  /** Keys of config.json to set. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Any other change of the checkpoint. */
  readonly edit?: (checkpoint: FullCheckpoint) => FullCheckpoint;
}

export async function openEngine(path: string, changes: EngineChanges = {}): Promise<OnnxEngine> {
  const { config = {}, edit = (checkpoint) => checkpoint, ...options } = changes;
  const checkpoint = await openReference(path);
  const changed = edit({ ...checkpoint, config: { ...checkpoint.config, ...config } });
  return OnnxEngine.open(changed, { device: CPU, ...options });
}

/** Open an engine, work with it, and close it. */
export async function withEngine<T>(
  path: string,
  changes: EngineChanges,
  work: (engine: OnnxEngine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(path, changes);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** Have the engine open the graph with a KV cache. */
export async function openKvCache(engine: OnnxEngine): Promise<void> {
  await engine.generate([{ tokens: [1], maxNewTokens: 1, stopTokens: NO_STOPS }]);
}

export interface Case {
  readonly label: string;
  readonly tokens: number[];
  /** [tokens, vocabulary]. */
  readonly logits: Float32Array;
}

/** `<case>.input_ids` and `<case>.logits` of a file of expectations. */
export function readCases(path: string): Case[] {
  const tensors = readTensors(path);
  return [...tensors].flatMap(([name, { values }]) => {
    const label = /^(.*)\.input_ids$/.exec(name)?.[1];
    const logits = tensors.get(`${label}.logits`);
    return label === undefined || !logits ? [] : [{ label, tokens: [...values], logits: logits.values }];
  });
}

/** The largest difference; NaN if any is NaN, Infinity for different sizes. */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length || expected.length === 0) return Number.POSITIVE_INFINITY;
  return Array.from(expected).reduce((most, value, i) => {
    const apart = Math.abs((found[i] as number) - value);
    return apart > most || Number.isNaN(apart) ? apart : most;
  }, 0);
}

/** Log-probabilities of a row of logits, in float64. */
export function logSoftmax(row: ArrayLike<number>): number[] {
  const values = Array.from(row);
  const highest = Math.max(...values);
  const total = highest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - highest), 0));
  return values.map((value) => value - total);
}

export function argmax(row: ArrayLike<number>): number {
  const values = Array.from(row);
  return values.indexOf(Math.max(...values));
}

/** Rows of [count, width]. */
export function rowsOf(data: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width));
}
