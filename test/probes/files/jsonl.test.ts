import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toJsonl } from '../../../src/probes/files/jsonl.ts';
import { readProbeFile } from '../../../src/probes/files/read.ts';
import { fixture, shared, temporaryFolder } from '../../fixtures.ts';

const FILES = [
  fixture('probes', 'own-benchmark.csv'),
  fixture('probes', 'own-benchmark.jsonl'),
  shared('zoo', 'probes.jsonl'),
  shared('data', 'gsm8k-test-200.jsonl'),
  shared('data', 'mmlu', 'elementary_mathematics_test.csv'),
].filter((file) => file !== null);

describe('a suite that is written', () => {
  it.each(FILES)('is the same when it is read: %s', async (file) => {
    const { items } = await readProbeFile(file, { seed: 3 });
    const written = join(temporaryFolder(), 'written.jsonl');
    writeFileSync(written, toJsonl(items));
    expect((await readProbeFile(written, { seed: 4, scoring: 'per-byte' })).items).toEqual(items);
  });

  it('is a line an item, with the keys of a paired file', () => {
    const common = { capability: 'c', family: 'f', fact: 'b', prompt: 'P\n' } as const;
    const text = toJsonl([
      { ...common, id: 'b', form: 'benchmark', cluster: 'exam', question: { kind: 'exact', target: 't' } },
      {
        ...common,
        id: 't',
        form: 'twin',
        cluster: 'k',
        question: { kind: 'choice', choices: ['x', 'y'], answer: 1, scoring: 'raw' },
      },
    ]);
    expect(text).toBe(
      '{"id":"b","capability":"c","form":"benchmark","twin_of":null,"family":"f","cluster":"exam","prompt":"P\\n","target":"t"}\n' +
        '{"id":"t","capability":"c","form":"twin","twin_of":"b","family":"f","cluster":"k","prompt":"P\\n","choices":["x","y"],"answer":1,"scoring":"raw"}\n',
    );
  });
});
