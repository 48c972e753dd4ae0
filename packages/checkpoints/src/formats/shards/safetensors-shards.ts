import { groupBy, UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { TensorEntry, TensorPiece } from '../../tensors/tensor-entry.ts';
import { readSafetensors, resolveFile } from '../safetensors.ts';
import { joinPieces } from './join-pieces.ts';

/** Process, file and number of files per process (`HuggingFaceStorageWriter(save_distributed=True)`). */
const SHARD = /^shard-(\d+)-model-(\d+)-of-(\d+)\.safetensors$/;

/** The first element of each tensor of a file in the whole (torch/distributed/checkpoint/_hf_utils.py). */
const OFFSETS = 'DCP_SHARDING_INFO';

export function isSafetensorsShard(name: string): boolean {
  return SHARD.test(name);
}

/** Shards of the processes of torch.distributed.checkpoint. The sizes of the whole follow from the pieces. */
export async function readSafetensorsShards(folder: string, names: Iterable<string>): Promise<TensorEntry[]> {
  const shards = [...names].filter(isSafetensorsShard).sort();
  expectAll(folder, shards);
  const pieces: TensorPiece[] = [];
  // One by one: a shard can have more tensors than a call takes arguments.
  for (const shard of shards) {
    for (const piece of await readPieces(await resolveFile(folder, shard))) pieces.push(piece);
  }
  const byName = groupBy(pieces, ({ entry }) => entry.name);
  return [...byName].map(([name, own]) => joinPieces(folder, { name, shape: shapeOf(own) }, own));
}

/** A process without data for a file wrote none; a missing process does not appear here at all. */
function expectAll(folder: string, shards: readonly string[]): void {
  const found = shards.map((name) => (SHARD.exec(name) ?? []).slice(1).map(Number));
  const [processes, files, counts] = [0, 1, 2].map((i) => new Set(found.map((numbers) => numbers[i] ?? 0)));
  const lacks = (numbers: ReadonlySet<number> | undefined, last: number) =>
    Array.from({ length: Math.min(last, found.length + 1) }, (_, i) => i + 1).find((number) => !numbers?.has(number));
  const process = lacks(processes, Math.max(...(processes ?? [0])));
  const file = lacks(files, Math.max(...(counts ?? [0])));
  if (process === undefined && file === undefined && counts?.size === 1) return;
  const what = process === undefined ? `file ${file ?? ''} of its shards` : `the shards of process ${process}`;
  throw new UserError(
    `${folder} lacks ${counts?.size === 1 ? what : 'shards: their names have different numbers of files'}`,
    'copy the files of all processes',
  );
}

const offsetsSchema = z.record(z.string(), z.looseObject({ saved_offsets: z.array(z.int().nonnegative()) }));

async function readPieces(file: string): Promise<TensorPiece[]> {
  const { entries, metadata } = await readSafetensors(file);
  const text = metadata[OFFSETS];
  const hint = 'copy the file again';
  if (text === undefined) throw new UserError(`${file} does not say where its tensors begin (${OFFSETS})`, hint);
  const parsed = validate(offsetsSchema, parseJson(text, { name: `${file}: ${OFFSETS}`, hint }));
  if (!parsed.success) throw new UserError(`${file}: ${OFFSETS} is not valid`, hint);
  const offsets = new Map(Object.entries(parsed.data));
  return entries.map((entry) => {
    const start = offsets.get(entry.name)?.saved_offsets;
    if (start?.length === entry.shape.length) return { offsets: start, entry };
    throw new UserError(`${file} does not say where tensor ${JSON.stringify(entry.name)} begins (${OFFSETS})`, hint);
  });
}

function shapeOf(pieces: readonly TensorPiece[]): number[] {
  const [first] = pieces;
  if (!first) return [];
  return first.entry.shape.map((_, axis) =>
    Math.max(...pieces.map(({ offsets, entry }) => (offsets[axis] ?? 0) + (entry.shape[axis] ?? 0))),
  );
}
