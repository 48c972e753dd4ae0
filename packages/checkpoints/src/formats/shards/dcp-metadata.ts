import { readPickle } from '../pickle/interpreter.ts';
import { PickleError } from '../pickle/pickle-error.ts';
import { asData, counts, dtypeNamed, pickleCount, tensorVocabulary, tuple } from '../pickle/tensor-vocabulary.ts';
import { List, PickleDict, PickleInstance, type PickleValue, pickleKind, Tuple } from '../pickle/values.ts';

/** A tensor as described by `.metadata` of torch.distributed.checkpoint. */
export interface DescribedTensor {
  /** Its keys in the saved dict: usually one, or `model` and its name. */
  readonly path: readonly string[];
  /** PyTorch's name without `torch.`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly chunks: readonly DescribedChunk[];
}

/** The place of one block of a tensor: a file of torch.save inside of another file. */
export interface DescribedChunk {
  readonly offsets: readonly number[];
  readonly shape: readonly number[];
  readonly file: string;
  readonly start: number;
  readonly size: number;
}

const METADATA = 'torch.distributed.checkpoint.metadata';

/** Classes in `.metadata` (torch/distributed/checkpoint/metadata.py, filesystem.py), read as their attributes. */
const CLASSES = new Map(
  [
    ...[
      'Metadata',
      'TensorStorageMetadata',
      'BytesStorageMetadata',
      'ChunkStorageMetadata',
      'TensorProperties',
      'MetadataIndex',
      'StorageMeta',
      '_MEM_FORMAT_ENCODING',
    ].map((name) => `${METADATA}.${name}`),
    'torch.distributed.checkpoint.filesystem._StorageInfo',
    // Used until PyTorch 2.2.
    'torch.distributed._shard.sharded_tensor.metadata.TensorProperties',
    'torch.distributed._shard.sharded_tensor.metadata.MEM_FORMAT_ENCODING',
    ...['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'].flatMap((name) => [
      `pathlib.${name}`,
      `pathlib._local.${name}`,
    ]),
  ].map((path) => [path, asData]),
);

/** The described tensors. @throws PickleError for names of anything else, and for an incomplete description */
export function readDcpMetadata(bytes: Buffer): DescribedTensor[] {
  const vocabulary = tensorVocabulary(() => {
    throw new PickleError('it refers to an object outside of it');
  }, CLASSES);
  const { value, end } = readPickle(bytes, vocabulary);
  if (end !== bytes.length) throw new PickleError(`${bytes.length - end} bytes follow its end`);
  const metadata = attributes(value, 'Metadata');
  const places = placesOf(metadata.get('storage_data'));
  const paths = metadata.get('planner_data') ?? null;
  const found: DescribedTensor[] = [];
  for (const [name, item] of dict(metadata.get('state_dict_metadata'), 'its list of tensors').entries) {
    if (typeof name !== 'string') throw new PickleError(`it has a tensor whose name is ${pickleKind(name)}`);
    if (!(item instanceof PickleInstance) || !item.of.path.endsWith('.TensorStorageMetadata')) continue;
    const path = paths instanceof PickleDict ? pathOf(paths.entries.get(name)) : [name];
    found.push(describe(name, path, item, places));
  }
  return found;
}

function attributes(value: PickleValue | undefined, name: string): ReadonlyMap<PickleValue, PickleValue> {
  if (value instanceof PickleInstance && value.of.name === name && value.state instanceof PickleDict) {
    return value.state.entries;
  }
  throw new PickleError(`it has ${pickleKind(value ?? null)} instead of ${name}`);
}

function dict(value: PickleValue | undefined, what: string): PickleDict {
  if (value instanceof PickleDict) return value;
  throw new PickleError(`${what} is ${pickleKind(value ?? null)}`);
}

/** A number is a position in a list, which only states of optimizers have. */
function pathOf(value: PickleValue | undefined): string[] {
  if (!(value instanceof Tuple)) throw new PickleError('it has a tensor whose place in the dict is not known');
  return value.items.map((key) => (typeof key === 'string' ? key : pickleKind(key)));
}

type Place = Pick<DescribedChunk, 'file' | 'start' | 'size'>;

function placesOf(value: PickleValue | undefined): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [index, info] of dict(value, 'its list of files').entries) {
    const [key, place] = [attributes(index, 'MetadataIndex'), attributes(info, '_StorageInfo')];
    const [name, offset = null] = [key.get('fqn'), key.get('offset')];
    const [file, transforms = null] = [place.get('relative_path'), place.get('transform_descriptors')];
    if (typeof name !== 'string' || typeof file !== 'string') throw new PickleError('it has a file without a name');
    if (transforms !== null && !(transforms instanceof List && transforms.items.length === 0)) {
      throw new PickleError(`its file ${JSON.stringify(file.slice(0, 200))} is packed by an extension`);
    }
    const at = keyOf(name, offset === null ? [] : counts(offset, 'the offset of a piece'));
    if (places.has(at)) throw new PickleError(`it has a piece of ${JSON.stringify(name.slice(0, 200))} twice`);
    const [start, size] = [pickleCount(place.get('offset'), 'an offset'), pickleCount(place.get('length'), 'a length')];
    places.set(at, { file, start, size });
  }
  return places;
}

function keyOf(name: string, offsets: readonly number[]): string {
  return JSON.stringify([name, ...offsets]);
}

function describe(name: string, path: readonly string[], item: PickleInstance, places: ReadonlyMap<string, Place>) {
  const tensor = attributes(item, 'TensorStorageMetadata');
  const properties = tensor.get('properties');
  const state = properties instanceof PickleInstance ? properties.state : null;
  const dtype =
    state instanceof PickleDict ? state.entries.get('dtype') : tuple(state, 'the properties of a tensor').items[0];
  const chunks = tensor.get('chunks');
  if (!(chunks instanceof List)) {
    throw new PickleError(`it has a tensor whose pieces are ${pickleKind(chunks ?? null)}`);
  }
  return {
    path,
    dtype: dtypeNamed(dtype),
    shape: counts(tensor.get('size'), 'the size of a tensor'),
    chunks: chunks.items.map((chunk) => {
      const own = attributes(chunk, 'ChunkStorageMetadata');
      const offsets = counts(own.get('offsets'), 'the offset of a piece');
      const place = places.get(keyOf(name, offsets));
      if (!place) throw new PickleError(`it has no file of a piece of ${JSON.stringify(name.slice(0, 200))}`);
      return { offsets, shape: counts(own.get('sizes'), 'the size of a piece'), ...place };
    }),
  };
}
