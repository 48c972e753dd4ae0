import { UserError } from '@shadow-gate/platform';
import { type GgmlType, GIVEN_UP, ggmlType } from './ggml-types.ts';
import type { HeaderBytes } from './header-bytes.ts';

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Slowest axis first, [out, in] for a linear layer: the opposite of the order in the file. */
  readonly shape: readonly number[];
  readonly size: number;
  /** First byte of its data in the file, and number of bytes. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Mixtures of experts before experts were stacked have the most, some ten thousand. */
const MAX_TENSORS = 200_000;
/** GGML_MAX_DIMS. */
const MAX_DIMENSIONS = 4;
/** GGML_MAX_NAME is 64, including the zero at the end; other programs write longer names. */
const MAX_NAME_BYTES = 1024;

const DAMAGED = 'download the file again: it is damaged';

type Info = Omit<GgufTensor, 'offset'> & { readonly relative: bigint };

/** Read a header's list of tensors. Their data follows in this order, each at a multiple of the alignment. */
export async function readTensors(
  bytes: HeaderBytes,
  file: string,
  { count, alignment }: { readonly count: bigint; readonly alignment: number },
): Promise<GgufTensor[]> {
  if (count > BigInt(MAX_TENSORS)) {
    throw new UserError(`${file}: its header has ${count} tensors, and ${MAX_TENSORS} is the limit`, DAMAGED);
  }
  const infos = new Map<string, Info>();
  for (let i = 0; i < Number(count); i++) {
    const info = await readInfo(bytes, file);
    if (infos.has(info.name)) throw damaged(file, info.name, 'it is there twice');
    infos.set(info.name, info);
  }
  const fileSize = bytes.position + bytes.left;
  const start = roundUp(bytes.position, alignment);
  let end = start;
  const tensors = [...infos.values()].map(({ relative, ...info }) => {
    const offset = roundUp(end - start, alignment) + start;
    if (relative !== BigInt(offset - start)) {
      const problem = `its data is at byte ${relative}, and the tensor before it ends at ${end - start}`;
      throw damaged(file, info.name, problem);
    }
    end = offset + info.byteLength;
    if (end > fileSize) {
      throw new UserError(
        `${file} is truncated: tensor ${quote(info.name)} ends at byte ${end}, the file at ${fileSize}`,
        'download it again',
      );
    }
    return { ...info, offset };
  });
  if (tensors.length > 0 && fileSize > roundUp(end, alignment)) {
    throw new UserError(`${file}: ${fileSize - end} bytes at the end belong to no tensor`, DAMAGED);
  }
  return tensors;
}

async function readInfo(bytes: HeaderBytes, file: string): Promise<Info> {
  const whose = 'the name of a tensor';
  await bytes.need(8, whose);
  const length = bytes.takeUint64();
  if (length > BigInt(MAX_NAME_BYTES)) throw new UserError(`${file}: ${whose} has ${length} bytes`, DAMAGED);
  await bytes.need(Number(length), whose);
  const name = bytes.take(Number(length)).toString('utf8');
  if (name === '' || name.includes('\ufffd')) throw damaged(file, name, 'this is no name');
  await bytes.need(4, quote(name));
  const dimensions = bytes.takeUint32();
  if (dimensions > MAX_DIMENSIONS) throw damaged(file, name, `it has ${dimensions} dimensions`);
  await bytes.need(8 * dimensions + 12, quote(name));
  const shape = Array.from({ length: dimensions }, () => bytes.takeUint64()).reverse();
  const number = bytes.takeUint32();
  const relative = bytes.takeUint64();
  const type = ggmlType(number);
  if (type === null) {
    const what =
      GIVEN_UP[number] === undefined ? `${number}, which is not known` : `${GIVEN_UP[number]}, which ggml gave up`;
    const hint = 'give a file of another type, or the checkpoint it was converted from';
    throw damaged(file, name, `its type is ${what}`, hint);
  }
  return { name, type, relative, ...sizeOf(shape, type, file, name) };
}

function sizeOf(shape: readonly bigint[], type: GgmlType, file: string, name: string) {
  const size = shape.reduce((product, dimension) => product * dimension, 1n);
  const inWords = `[${shape.join(', ')}]`;
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(file, name, `its shape ${inWords} overflows`);
  if (size === 0n) throw damaged(file, name, `its shape ${inWords} has no elements`);
  const row = Number(shape.at(-1) ?? 1n);
  if (row % type.elements !== 0) {
    const problem = `rows of ${row} elements are not whole blocks of ${type.name}, which have ${type.elements}`;
    throw damaged(file, name, problem);
  }
  const byteLength = (Number(size) / type.elements) * type.bytes;
  if (!Number.isSafeInteger(byteLength)) throw damaged(file, name, `its shape ${inWords} overflows`);
  return { shape: shape.map(Number), size: Number(size), byteLength };
}

function roundUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function damaged(file: string, tensor: string, what: string, hint = DAMAGED): UserError {
  return new UserError(`${file}: tensor ${quote(tensor)}: ${what}`, hint);
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
