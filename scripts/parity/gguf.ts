import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GgufMetadata } from '@shadow-gate/checkpoints/formats';
import { readGgufHeader } from '@shadow-gate/checkpoints/formats';
import { ggufBytes, pair } from '../../packages/checkpoints/test/formats/gguf/write-gguf.ts';
import { type Tally, tally } from './libraries.ts';

interface Gguf {
  gguf(file: string, options: { readonly allowLocalFile: true }): Promise<Header>;
}

/** What both readers say of a file: plain numbers, texts and lists. */
interface Header {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensorInfos: ReadonlyArray<{ readonly name: string; readonly shape: readonly (number | bigint)[] }>;
}

/** What the header of a file says of itself, and not of the model. */
const OWN_KEYS = new Set(['version', 'tensor_count', 'kv_count']);

/** Headers of our fixtures, of a text across the end of a chunk, and of what llama.cpp refuses. */
export async function compare(folder: string): Promise<Tally[]> {
  const { gguf }: Gguf = createRequire(join(folder, 'x.js'))('@huggingface/gguf');
  const made = mkdtempSync(join(tmpdir(), 'parity-gguf-'));
  try {
    const write = (name: string, pairs: Buffer[]) => {
      const file = join(made, `${name}.gguf`);
      writeFileSync(file, ggufBytes({ pairs, tensors: [{ name: 'a', dims: [4] }] }));
      return file;
    };
    const fixtures = fileURLToPath(new URL('../../test/fixtures', import.meta.url));
    const files = ['gguf', 'gguf/models', 'gguf-tokenizers'].flatMap((name) =>
      readdirSync(join(fixtures, name))
        .filter((file) => file.endsWith('.gguf'))
        .map((file) => join(fixtures, name, file)),
    );
    const long = write('long', [pair('general.name', 'string', 'x'), pair('chat', 'string', 'é'.repeat(1_500_000))]);
    const twice = write('twice', [pair('general.name', 'string', 'x'), pair('general.name', 'string', 'y')]);
    const results: boolean[] = [];
    for (const file of [...files, long, twice]) {
      const [own, theirs] = [await ours(file), await gguf(file, { allowLocalFile: true }).catch(() => null)];
      results.push(JSON.stringify(own) === JSON.stringify(theirs && plain(theirs)));
    }
    return [tally('headers of GGUF files', results, (same) => same)];
  } finally {
    rmSync(made, { recursive: true });
  }
}

async function ours(file: string): Promise<Header | null> {
  const header = await readGgufHeader(file).catch(() => null);
  if (header === null) return null;
  const { metadata, tensors } = header;
  return plain({
    metadata: Object.fromEntries(metadata.keys().map((key) => [key, readValue(metadata, key)])),
    tensorInfos: tensors.map(({ name, shape }) => ({ name, shape: [...shape].reverse() })),
  });
}

function readValue(metadata: GgufMetadata, key: string): unknown {
  const value = metadata.get(key);
  switch (value?.type) {
    case 'string':
      return metadata.string(key);
    case 'bool':
      return metadata.boolean(key);
    case 'array':
      if (value.of === 'string') return metadata.strings(key);
      return value.of === 'bool' ? metadata.booleans(key) : metadata.numbers(key);
    default:
      return metadata.number(key);
  }
}

/** In one order, with numbers in place of large ones. */
function plain({ metadata, tensorInfos }: Header): Header {
  const number = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(number);
    return typeof value === 'bigint' ? Number(value) : value;
  };
  const keys = Object.keys(metadata).filter((key) => !OWN_KEYS.has(key));
  return {
    metadata: Object.fromEntries(keys.sort().map((key) => [key, number(metadata[key])])),
    tensorInfos: tensorInfos.map(({ name, shape }) => ({ name, shape: shape.map(Number) })),
  };
}
