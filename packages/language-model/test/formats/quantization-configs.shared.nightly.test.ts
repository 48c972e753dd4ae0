import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { difference, readCases, rowsOf, withEngine } from '../runtime/engines.ts';

/** Where, what is put there, and what transformers makes of the weights. */
type Edit = readonly [
  path: readonly string[],
  value: unknown,
  outcome: 'same' | 'random' | 'error' | readonly number[],
];

type Json = Record<string, unknown>;

/** What make_quantization_configs.py found, by folders and paths. */
interface Outcomes {
  readonly same?: readonly unknown[];
  readonly random?: readonly unknown[];
  readonly error?: readonly unknown[];
  readonly other?: readonly (readonly [value: unknown, logits: readonly number[]])[];
}

const FOLDERS = readJson<Record<string, Record<string, Outcomes>>>(fixture('quantization-configs.json'));

function editsOf([path, { other = [], ...known }]: [string, Outcomes]): Edit[] {
  const keys = path.split('/');
  const named = (['same', 'random', 'error'] as const).flatMap((outcome) =>
    (known[outcome] ?? []).map((value): Edit => [keys, value, outcome]),
  );
  return [...named, ...other.map(([value, logits]): Edit => [keys, value, logits])];
}

const EDITS = Object.entries(FOLDERS).map(([name, paths]) => [name, Object.entries(paths).flatMap(editsOf)] as const);

/** The text of config.json with one edit of its quantization. */
function edited(config: Json, path: readonly string[], value: unknown): string {
  const copy = structuredClone(config);
  const parents = ['quantization_config', ...path.slice(0, -1)];
  const section = parents.reduce((part, key) => part[key] as Json, copy);
  const key = path.at(-1) ?? '';
  const special = value as { readonly $delete?: true; readonly $number?: string } | null;
  section[key] = special?.$number === undefined ? value : `number:${special.$number}`;
  if (special?.$delete) delete section[key];
  return JSON.stringify(copy).replaceAll(/"number:(\w+)"/g, '$1');
}

/** Which numbers the weights are, whatever is stored. Null for a refusal. */
async function numbersOf(folder: string): Promise<string | null> {
  try {
    const checkpoint = await openReference(folder);
    refuseQuantized(checkpoint);
    const tensors = [...checkpoint.tensors.values()].map(({ name, dtype, shape, recipe }) => {
      return [name, dtype, shape, recipe?.parameters, recipe?.stored.map((entry) => entry.name)];
    });
    return JSON.stringify(tensors);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** GPTQModel's kernels expand to 16 bits, by which logits are up to 0.004 off. */
const HALF_PRECISION = 0.01;

/** Does the model give these logits for the last token? */
async function gives(folder: string, logits: readonly number[]): Promise<boolean> {
  const [{ tokens } = { tokens: [] }] = readCases(join(folder, 'expected.safetensors'));
  return withEngine(folder, {}, async (engine) => {
    const rows = rowsOf(await engine.logits(tokens), logits.length);
    return difference(rows.at(-1) ?? [], logits) <= HALF_PRECISION;
  });
}

describe.each(EDITS)('quantization configs: %s', (name, edits) => {
  it(`is read as transformers reads it, or refused, with ${edits.length} edits`, async () => {
    const folder = join(temporaryFolder(), name);
    cpSync(fixture('quantized', name), folder, { recursive: true });
    const file = join(folder, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as Json;
    const unedited = await numbersOf(folder);
    expect(unedited).not.toBeNull();
    const wrong: unknown[] = [];
    let read = 0;
    for (const [path, value, outcome] of edits) {
      writeFileSync(file, edited(config, path, value));
      const numbers = await numbersOf(folder);
      if (numbers === null) continue;
      read += 1;
      const isRight =
        typeof outcome === 'string' ? outcome === 'same' && numbers === unedited : await gives(folder, outcome);
      if (!isRight) wrong.push([path.join('.'), value, outcome]);
    }
    expect(wrong).toEqual([]);
    // Other descriptions of the same weights.
    expect(read).toBeGreaterThan(4);
  });
});
