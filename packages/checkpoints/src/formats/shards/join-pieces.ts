import { UserError } from '@shadow-gate/platform';
import { ofPieces } from '../../tensors/layout.ts';
import type { TensorEntry, TensorPiece } from '../../tensors/tensor-entry.ts';

/** One piece per process: the largest runs have some thousand. */
const MAX_PIECES = 4096;

/** @throws UserError for pieces that are missing, overlap, differ in their type, or are not a grid */
export function joinPieces(folder: string, whole: Pick<TensorEntry, 'name' | 'shape'>, pieces: readonly TensorPiece[]) {
  const { name, shape } = whole;
  const wrong = (what: string) =>
    new UserError(
      `${folder}: tensor ${JSON.stringify(name)} [${shape.join(', ')}] ${what}`,
      'copy the files of all processes again, or merge the shards where they were written',
    );
  if (pieces.length > MAX_PIECES) throw wrong(`is in ${pieces.length} pieces, more than ${MAX_PIECES}`);
  const dtypes = new Set(pieces.map(({ entry }) => entry.dtype));
  if (dtypes.size > 1) throw wrong(`has pieces of ${[...dtypes].join(' and ')}`);
  const joined = ofPieces(whole, pieces);
  if (joined) return joined;
  const size = shape.reduce((product, length) => product * length, 1);
  const found = pieces.reduce((sum, { entry }) => sum + entry.size, 0);
  throw wrong(
    found === size ? `has ${pieces.length} pieces that overlap or leave gaps` : `has ${found} of its ${size} elements`,
  );
}
