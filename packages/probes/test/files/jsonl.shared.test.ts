import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { itNeeds } from '../../../../test/needs.ts';
import { toJsonl } from '../../src/files/paired/paired-record.ts';
import { readProbeFile } from '../../src/files/read.ts';

/** The items of a file, written and read again under other settings, are the same. */
async function expectRoundTrip(file: string) {
  const { items } = await readProbeFile(file, { seed: 3 });
  const written = join(temporaryFolder(), 'written.jsonl');
  writeFileSync(written, toJsonl(items));
  expect((await readProbeFile(written, { seed: 4, scoring: 'per-byte' })).items).toEqual(items);
}

describe('an exported suite', () => {
  it.each(['own-benchmark.csv', 'own-benchmark.jsonl'])('is read as the same items: %s', async (name) => {
    await expectRoundTrip(fixture('probes', name));
  });

  const real = [shared('data', 'gsm8k-test-200.jsonl'), shared('zoo', 'probes.jsonl')];
  itNeeds(!real.includes(null), '../shared/data and ../shared/zoo')(
    'is read as the same items if it comes from a real benchmark',
    async () => {
      for (const file of real) await expectRoundTrip(file ?? '');
    },
  );

  it('has one line per item, with the keys of a paired file', () => {
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
