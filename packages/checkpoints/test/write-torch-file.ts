import { type Zippable, zipSync } from 'fflate';

export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/**
 * A file of torch.save: a zip archive whose members are not packed.
 * @param pickle bytes, one character each
 */
export function torchFile(
  pickle: string | Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  { level = 0, more = {} }: { readonly level?: 0 | 6; readonly more?: Readonly<Record<string, Uint8Array>> } = {},
): Uint8Array {
  const members: Zippable = {
    'archive/data.pkl': typeof pickle === 'string' ? latin1(pickle) : pickle,
    'archive/byteorder': latin1('little'),
    'archive/version': latin1('3\n'),
    ...Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes])),
    ...more,
  };
  return zipSync(members, { level });
}

const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;

/** Opcodes for a persistent id: a storage of float32, of so many numbers. */
export function storageId(key: string, count: number, type = 'FloatStorage'): string {
  return `(${text('storage')}ctorch\n${type}\n${text(key)}${text('cpu')}${integer(count)}tQ`;
}

/** Opcodes for a whole number. */
function integer(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return `\x8a\x08${bytes.toString('latin1')}`;
}

const tuple = (...items: readonly string[]) => `(${items.join('')}t`;

/** Opcodes for a tensor: `ctorch._utils\n_rebuild_tensor_v2\n(…tR`. */
export function tensor(
  storage: string,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  bits = '',
): string {
  const sizes = (values: readonly number[]) => tuple(...values.map(integer));
  const args = [storage, integer(offset), sizes(shape), sizes(strides), '\x89', 'ccollections\nOrderedDict\n)R', bits];
  return `ctorch._utils\n_rebuild_tensor_v2\n${tuple(...args)}R`;
}

/** A pickle of a dict. */
export function stateDict(items: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(items).map(([key, value]) => `${text(key)}${value}`);
  return `\x80\x02}(${pairs.join('')}u.`;
}
