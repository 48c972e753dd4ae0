import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { MatrixContext } from '@shadow-gate/checkpoints/matrices';
import { fixture, readJson, temporaryFolder } from '../../../test/fixtures.ts';
import { describeArchitecture } from '../src/config/architecture.ts';
import { isMultimodal } from '../src/formats/full-checkpoint.ts';
import { float32, writeSafetensors } from './write-safetensors.ts';

interface Family {
  readonly config: Record<string, unknown>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

/** What transformers saves of models of these families: see make_weight_names.py. */
const families = readJson<Readonly<Record<string, Family>>>(fixture('weight-names.json'));
export const FAMILIES = Object.keys(families);

export function familyOf(name: string): Family {
  return families[name] ?? raise(name);
}

function raise(name: string): never {
  throw new Error(`no family ${name} in weight-names.json`);
}

/** The family without values. */
export function contextOf(name: string): MatrixContext {
  const { config, tensors } = familyOf(name);
  return namesOnly(tensors, config);
}

/** A model of tensors of these names and shapes. */
export function namesOnly(
  tensors: Readonly<Record<string, readonly number[]>>,
  config: Record<string, unknown> = {},
): MatrixContext {
  const entries = Object.entries(tensors).map(([tensor, shape]) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    return { name: tensor, dtype: 'BF16', shape, size, file: '', offset: 0, byteLength: 2 * size };
  });
  return {
    tensors: new Map(entries.map((entry) => [entry.name, entry])),
    architecture: describeArchitecture(config),
    multimodal: isMultimodal(config, Object.keys(tensors)),
  };
}

/** A folder of the family with `hashed` values, as make_weight_parts.py measures it. */
export function writeFamily(name: string): string {
  const { config, tensors } = familyOf(name);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const named = Object.entries(tensors).map(
    ([tensor, shape]) => [tensor, float32(shape, hashed(tensor, shape))] as const,
  );
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(named));
  return folder;
}

/** The same numbers as in Python, all of which float32 has. */
export function hashed(name: string, shape: readonly number[]): number[] {
  const start = crc32(name);
  return Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => {
    const first = Math.imul(start + i, 2654435761) >>> 0;
    const mixed = Math.imul(first ^ (first >>> 15), 2246822519) >>> 0;
    return (mixed >>> 8) / 2 ** 24 - 0.5;
  });
}
