import { UserError } from '@shadow-gate/platform';
import { eachChunk } from '../../tensors/element-bytes.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import type { GptqSettings, TensorSource } from './format.ts';

const METHODS = ['gptq', 'auto-round', 'intel/auto-round'];

/** @throws UserError for zeros or groups that contradict the config: kernels of Marlin and ExLlama ignore them */
export async function refuseSkippedValues(
  tensors: Tensors,
  { source, method }: { readonly source: Pick<TensorSource, 'fetch' | 'gptq'>; readonly method: string | null },
): Promise<void> {
  if (method === null || !METHODS.includes(method)) return;
  const checks = [...tensors.values()].flatMap((weight) => checksOf(weight, source.gptq));
  await source.fetch(checks.map(({ stored }) => stored));
  for (const { stored, row, message, hint } of checks) {
    let place = 0;
    await eachChunk(stored, (bytes) => {
      for (const byte of bytes) {
        if (byte !== row[place % row.length]) throw new UserError(`${JSON.stringify(stored.name)} ${message}`, hint);
        place += 1;
      }
    });
  }
}

interface Check {
  readonly stored: TensorEntry;
  /** The expected bytes of each row. */
  readonly row: Uint8Array;
  readonly message: string;
  readonly hint: string;
}

function checksOf({ name, shape, recipe }: TensorEntry, of: (module: string) => GptqSettings | null): Check[] {
  const own = of(name.replace(/\.weight$/, ''));
  const parameters = recipe?.parameters ?? [];
  const [kind, bits, version] = parameters;
  if (own === null || kind !== 'GPTQ' || typeof bits !== 'number') return [];
  const [outputs = 0, inputs = 0] = parameters.includes('turned') ? [...shape].reverse() : shape;
  const part = (leaf: string) => recipe?.stored.find((entry) => entry.name.endsWith(leaf));
  const [zeros, index] = [part('.qzeros'), part('.g_idx')];
  const checks: Check[] = [];
  if (zeros && own.isSymmetric) {
    checks.push({
      stored: zeros,
      row: repeated(2 ** (bits - 1) - (version === 1 ? 1 : 0), bits, outputs),
      message: 'has other zeros than the middle, and the config says that codes are symmetric (sym)',
      hint: 'set "sym": false in the quantization config if the zeros are true',
    });
  }
  if (index && !own.isOrdered) {
    const size = own.groupSize === null ? 128 : own.groupSize === -1 ? inputs : own.groupSize;
    checks.push({
      stored: index,
      row: new Uint8Array(Int32Array.from({ length: inputs }, (_, column) => Math.floor(column / size)).buffer),
      message: 'has columns in another order, and the config says that there is none (desc_act)',
      hint: 'set "desc_act": true in the quantization config if the order is true',
    });
  }
  return checks;
}

/** A row of one repeated code, lowest bits first, in words of 32 bits. */
function repeated(code: number, bits: number, count: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((count * bits) / 32) * 4);
  for (let bit = 0; bit < count * bits; bit += 1) {
    if ((code >> (bit % bits)) & 1) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  return bytes;
}
