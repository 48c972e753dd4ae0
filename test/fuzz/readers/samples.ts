import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readProbeFile, toJsonl } from '@shadow-gate/probes/files';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { type Input, textOf, writeInput } from '../input.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { seedBytes } from '../seeds.ts';

const FOLDER = ['test', 'fixtures', 'lm-eval-samples'] as const;

/** Each file of samples, and the results next to it. */
const RUNS = readdirSync(join(process.cwd(), ...FOLDER), { recursive: true, encoding: 'utf8' })
  .filter((path) => /(^|\/)samples_[^/]+\.jsonl$/.test(path) && !/last_word|perplexity/.test(path))
  .sort()
  .map((path) => {
    const [folder = '', name = ''] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
    const entries = readdirSync(join(process.cwd(), ...FOLDER, folder));
    const results = entries.find((entry) => entry.startsWith('results_'));
    const names = [name, ...(results === undefined ? [] : [results])];
    return { name, files: Object.fromEntries(names.map((file) => [file, seedBytes(...FOLDER, folder, file)])) };
  });

const KINDS = ['cut', 'doubled', 'values', 'bytes', 'results'] as const;

/** What is asked as the harness did it, by id. */
const benchmarks = (items: readonly ProbeItem[]) =>
  new Map(items.flatMap((item) => (item.form === 'benchmark' ? [[item.id, item]] : [])));

/**
 * Files of samples as probe files. A part of one has the same items as the whole, and what was written is read again.
 */
export const samples: Fuzzer = {
  name: 'samples',
  about: 'samples of lm-evaluation-harness as probe files',
  make: (random) => {
    const { name, files } = random.pick(RUNS);
    const kind = random.pick(KINDS);
    const target = kind === 'results' ? (Object.keys(files).find((file) => file !== name) ?? name) : name;
    const bytes = files[target] ?? new Uint8Array();
    const lines = new TextDecoder().decode(bytes).trimEnd().split('\n');
    const changed = random.int(0, lines.length - 1);
    const edited = (text: string) => jsonBytes(mutateJson(JSON.parse(text), random), random);
    const made = {
      cut: () => bytes.slice(0, random.int(0, bytes.length - 1)),
      doubled: () => Buffer.concat([bytes, bytes]),
      bytes: () => mutateBytes(bytes, random),
      results: () => (target === name ? mutateBytes(bytes, random) : edited(lines.join('\n'))),
      values: () =>
        Buffer.concat(
          lines.flatMap((line, i) => [i === changed ? edited(line) : Buffer.from(line), Buffer.from('\n')]),
        ),
    };
    const isPart = kind === 'cut' || kind === 'doubled';
    return {
      ...files,
      [target]: new Uint8Array(made[kind]()),
      name: Buffer.from(name),
      part: Buffer.from(String(isPart)),
    };
  },
  run: async ({ name: named, part, ...files }: Input, folder) => {
    const name = textOf({ input: named ?? new Uint8Array() });
    const original = RUNS.find((run) => run.name === name)?.files ?? {};
    const file = join(folder, name);
    writeInput(original, folder);
    const before = benchmarks((await readProbeFile(file, { seed: 1 })).items);
    writeInput(files, folder);
    const { items } = await readProbeFile(file, { seed: 1 });
    promise(new Set(items.map(({ id }) => id)).size === items.length, 'two items have the same id');
    if (textOf({ input: part ?? new Uint8Array() }) === 'true') {
      for (const [id, item] of benchmarks(items)) {
        promise(isDeepStrictEqual(item, before.get(id)), 'a part of a file has another item');
      }
    }
    writeInput({ 'copy.jsonl': Buffer.from(toJsonl(items)) }, folder);
    const again = await readProbeFile(join(folder, 'copy.jsonl'), { seed: 1 });
    promise(isDeepStrictEqual(again.items, items), 'items are others after they were written and read');
  },
};
