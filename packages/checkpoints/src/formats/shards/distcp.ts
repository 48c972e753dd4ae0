import { basename, join } from 'node:path';
import { groupBy, UserError } from '@shadow-gate/platform';
import type { TensorEntry, TensorPiece } from '../../tensors/tensor-entry.ts';
import { PickleError } from '../pickle/pickle-error.ts';
import { STATE_KEYS } from '../pickle/state-dict.ts';
import { ofView } from '../pickle/stored-tensor.ts';
import { withTorchErrors } from '../pickle/torch-file.ts';
import { StridedTensor } from '../pickle/values.ts';
import { MAX_PICKLE_BYTES, readZipFile } from '../pickle/zip-file.ts';
import { resolveFile } from '../safetensors.ts';
import { type DescribedChunk, type DescribedTensor, readDcpMetadata } from './dcp-metadata.ts';
import { joinPieces } from './join-pieces.ts';

/** torch.distributed.checkpoint's list of the contents of the files next to it. */
export const DCP_METADATA = '.metadata';

interface Weight extends DescribedTensor {
  /** In its model. */
  readonly name: string;
}

/** @throws UserError for another form, missing or damaged pieces, and pickles that name anything but tensors */
export async function readDistcp(folder: string): Promise<TensorEntry[]> {
  const file = await resolveFile(folder, DCP_METADATA);
  const described = await withTorchErrors(file, async (handle) => {
    const { size } = await handle.stat();
    if (size > MAX_PICKLE_BYTES) throw new PickleError(`it has ${size} bytes`);
    return readDcpMetadata(await handle.readFile());
  });
  const weights = weightsAmong(folder, described);
  const pieces = await readPieces(folder, weights);
  return weights.map((weight) => joinPieces(folder, weight, pieces.get(weight) ?? []));
}

/** Keys of optimizers in runs that do not keep the weights under a key of their own. */
const OF_OPTIMIZER = /^(optimizers?|optim)(\.|$)/;

const HINT =
  "save the model's state dict alone, or convert it with torch.distributed.checkpoint.format_utils.dcp_to_torch_save";

function weightsAmong(folder: string, described: readonly DescribedTensor[]): Weight[] {
  const sets = new Map<string, Weight[]>();
  const deeper: Array<readonly string[]> = [];
  for (const tensor of described) {
    const [first = '', second, ...more] = tensor.path;
    const isBelow = second !== undefined && (STATE_KEYS as readonly string[]).includes(first);
    if ((second !== undefined && !isBelow) || OF_OPTIMIZER.test(first)) continue;
    if (more.length > 0) {
      if (!OF_OPTIMIZER.test(second ?? '')) deeper.push(tensor.path);
      continue;
    }
    const set = isBelow ? first : '';
    const weights = sets.get(set) ?? [];
    weights.push({ ...tensor, name: second ?? first });
    sets.set(set, weights);
  }
  // Training programs also save the run's counters as tensors.
  const filled = [...sets].filter(([, weights]) => weights.some(({ shape }) => shape.length > 0));
  const [found, ...others] = filled;
  if (found && others.length === 0) {
    refuseDeeper(folder, found[0], deeper);
    return found[1];
  }
  const named = filled.map(([key]) => (key === '' ? 'the top' : JSON.stringify(key)));
  throw new UserError(
    found
      ? `${folder} has several sets of weights: ${named.join(', ')}`
      : `${folder} has no weights at the top or below ${STATE_KEYS.map((key) => JSON.stringify(key)).join(', ')}`,
    HINT,
  );
}

/** Part of a model can be in its own dict, which would be left out. */
function refuseDeeper(folder: string, set: string, paths: ReadonlyArray<readonly string[]>): void {
  const path = paths.find(([first]) => set === '' || first === set);
  if (path === undefined) return;
  throw new UserError(
    `${folder} has the tensor ${JSON.stringify(path).slice(0, 200)} in a dict inside of the weights, which is not read`,
    HINT,
  );
}

interface PlacedChunk {
  readonly weight: Weight;
  readonly chunk: DescribedChunk;
}

async function readPieces(folder: string, weights: readonly Weight[]): Promise<Map<Weight, TensorPiece[]>> {
  const placed = weights.flatMap((weight) => filled(weight.chunks).map((chunk): PlacedChunk => ({ weight, chunk })));
  const byFile = groupBy(placed, ({ chunk }) => chunk.file);
  const pieces = new Map<Weight, TensorPiece[]>(weights.map((weight) => [weight, []]));
  for (const [name, chunks] of byFile) {
    // A path could lead out of the checkpoint.
    if (basename(name) !== name || name.includes('\0')) {
      const shown = JSON.stringify(name.slice(0, 200));
      throw new UserError(
        `${join(folder, DCP_METADATA)} names a file outside of the directory: ${shown}`,
        'restore the file',
      );
    }
    const file = await resolveFile(folder, name);
    for (const [weight, piece] of await readFile(file, chunks)) pieces.get(weight)?.push(piece);
  }
  return pieces;
}

/** Processes without rows of a tensor all write the same empty piece. */
function filled(chunks: readonly DescribedChunk[]): readonly DescribedChunk[] {
  const found = chunks.filter(({ shape }) => !shape.includes(0));
  return found.length > 0 ? found : chunks.slice(0, 1);
}

async function readFile(file: string, chunks: readonly PlacedChunk[]): Promise<Array<readonly [Weight, TensorPiece]>> {
  return withTorchErrors(file, async (handle, state) => {
    const inOrder = [...chunks].sort((a, b) => a.chunk.start - b.chunk.start);
    const found: Array<readonly [Weight, TensorPiece]> = [];
    let end = 0;
    for (const { weight, chunk } of inOrder) {
      const { start, size, offsets, shape } = chunk;
      const named = `tensor ${JSON.stringify(weight.name.slice(0, 200))}`;
      if (start < end) throw new PickleError(`the piece of ${named} overlaps another one`);
      end = start + size;
      if (!(end <= Number(state.size))) throw new PickleError('it is cut off');
      const { value, offsetOf } = await readZipFile(handle, file, { start, size });
      if (!(value instanceof StridedTensor)) throw new PickleError(`the piece of ${named} is no tensor`);
      if (value.dtype !== weight.dtype || value.shape.join() !== shape.join()) {
        const has = `${value.dtype} [${value.shape.join(', ')}]`;
        throw new PickleError(`the piece of ${named} is ${has}, and not ${weight.dtype} [${shape.join(', ')}]`);
      }
      found.push([weight, { offsets, entry: ofView({ file, state, offsetOf }, weight.name, value) }]);
    }
    return found;
  });
}
