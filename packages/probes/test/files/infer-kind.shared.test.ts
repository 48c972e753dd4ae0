import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { repository, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { toJsonl } from '../../src/files/paired/paired-record.ts';
import { readProbeFile } from '../../src/files/read.ts';
import type { ProbeItem } from '../../src/item.ts';

const LETTERS = { prompt: 'Q: Who keeps bees?\nA. a smith\nB. an apiarist\nAnswer:', choices: ['A', 'B'], answer: 1 };
const PROBLEM = { prompt: 'Q: What is 3 + 4?\nA:', target: '7' };

async function read(records: readonly object[]): Promise<readonly ProbeItem[]> {
  const file = join(temporaryFolder(), 'own.jsonl');
  writeFileSync(file, records.map((record) => JSON.stringify(record)).join('\n'));
  return (await readProbeFile(file, { seed: 1 })).items;
}

/** A benchmark form and one other form of it. */
function pair(benchmark: object, other: object): object[] {
  return [
    { id: 'b', capability: 'c', form: 'benchmark', ...benchmark },
    { id: 't', capability: 'c', form: 'twin', twin_of: 'b', ...other },
  ];
}

describe('the kind of a twin that does not name it', () => {
  const texts = { choices: ['a smith', 'an apiarist'], answer: 1 };
  it.each<[string, object, object, string]>([
    ['open, without options', LETTERS, { ...texts, prompt: 'Bees are kept by' }, 'open'],
    ['open, generated', LETTERS, { prompt: 'Who keeps bees?', target: 'An apiarist' }, 'open'],
    ['open, of a text form', { ...LETTERS, ...texts }, { ...texts, prompt: 'Bees are kept by' }, 'open'],
    [
      'format, in the words of the exam',
      { ...texts, prompt: 'Bees are kept by' },
      { ...texts, prompt: 'Bees are kept by' },
      'format',
    ],
    ['format, with a list', LETTERS, { ...texts, prompt: 'Who keeps bees: an apiarist, or a Smith?' }, 'format'],
    [
      'format, with letters',
      LETTERS,
      { prompt: 'Q: Who sews?\nA. a bee\nB. a tailor\nAnswer:', choices: ['A', 'B'], answer: 1 },
      'format',
    ],
    [
      'fresh, with another answer',
      LETTERS,
      { prompt: 'Who sews?', choices: ['a smith', 'a tailor'], answer: 1 },
      'fresh',
    ],
    ['format, the same number', PROBLEM, { prompt: 'Add 3 to 4.', target: '7' }, 'format'],
    ['fresh, another number', PROBLEM, { prompt: 'Q: What is 5 + 4?\nA:', target: '9' }, 'fresh'],
    ['open, the same name', { ...PROBLEM, target: 'Ann' }, { prompt: 'And who?', target: 'Ann' }, 'open'],
    // As JSON writes it.
    [
      'format, in quotes',
      LETTERS,
      { prompt: '["a smith", "an apiarist"]', choices: ['"a smith"', '"an apiarist"'], answer: 1 },
      'format',
    ],
    ['its own, if it names one', LETTERS, { ...texts, prompt: 'Bees are kept by', kind: 'fresh' }, 'fresh'],
  ])('is %s', async (_, benchmark, twin, kind) => {
    const [first, second] = await read(pair(benchmark, twin));
    expect(first?.kind).toBeUndefined();
    expect(second?.kind).toBe(kind);
  });

  const zoo = shared('zoo', 'probes.jsonl');
  it.each([[repository('examples', 'probes.jsonl')], ...(zoo === null ? [] : [[zoo]])])(
    'is open in the controlled study: %s',
    async (file) => {
      const { items } = await readProbeFile(file, { seed: 1 });
      const twins = items.filter(({ form }) => form === 'twin');
      expect(twins.length).toBeGreaterThan(100);
      expect(new Set(twins.map(({ kind }) => kind))).toEqual(new Set(['open']));
    },
  );
});

describe('what a record says about its form', () => {
  const moved = {
    prompt: 'Q: Who keeps bees?\nA. an apiarist\nB. a smith\nAnswer:',
    choices: ['A', 'B'],
    answer: 0,
    kind: 'format',
  };

  it('is kept, also by an export', async () => {
    const items = await read([
      ...pair(LETTERS, { ...moved, old_label: 'B', old_labels: { A: 'B', B: 'A' }, level: 2 }),
      { id: 'x', capability: 'c', form: 'benchmark-text', twin_of: 'b', prompt: LETTERS.prompt, target: 'an apiarist' },
      { id: 'r', capability: 'c', form: 'robustness', twin_of: 'b', ...LETTERS },
    ]);
    expect(items.map(({ id, form, kind, cluster }) => [id, form, kind, cluster])).toEqual([
      ['b', 'benchmark', undefined, 'exam'],
      ['t', 'twin', 'format', 'twin'],
      ['x', 'benchmark-text', undefined, 'exam-text'],
      ['r', 'robustness', undefined, 'robustness'],
    ]);
    expect(items[1]).toMatchObject({ oldLabel: 'B', oldLabels: { A: 'B', B: 'A' }, level: 2 });
    const file = join(temporaryFolder(), 'again.jsonl');
    writeFileSync(file, toJsonl(items));
    const again = (await readProbeFile(file, { seed: 2 })).items;
    // As text, since digests depend on the order of the keys.
    expect(JSON.stringify(again)).toBe(JSON.stringify(items));
  });

  it.each<[string, object[], RegExp]>([
    [
      'a group of one item',
      pair(LETTERS, { ...moved, kind: 'group' }),
      /:2: kind: must be "open" or "format" or "fresh"/,
    ],
    ['another kind', pair(LETTERS, { ...moved, kind: 'new' }), /:2: kind: must be/],
    ['a kind of a benchmark form', pair({ ...LETTERS, kind: 'open' }, moved), /:1: kind: only a twin has one/],
    [
      'an old label that is right',
      pair(LETTERS, { ...moved, old_label: 'A' }),
      /:2: old_label: "A" is the right answer/,
    ],
    ['an old label that is no choice', pair(LETTERS, { ...moved, old_label: 'C' }), /:2: old_label: "C" is not one/],
    ['an old label of a benchmark form', pair({ ...LETTERS, old_label: 'A' }, moved), /:1: old_label: only a twin/],
    [
      'old labels alone',
      pair(LETTERS, { ...moved, old_labels: { A: 'B', B: 'A' } }),
      /:2: old_labels: without old_label/,
    ],
    [
      'old labels that are no order',
      pair(LETTERS, { ...moved, old_label: 'B', old_labels: { A: 'B', B: 'B' } }),
      /:2: old_labels: not each choice once/,
    ],
    ['half a level', pair(LETTERS, { ...moved, level: 1.5 }), /:2: level: must be a whole number from 1/],
    ['a level in words', pair(LETTERS, { ...moved, level: 'hard' }), /:2: level: must be a whole number from 1/],
    [
      'a robustness form alone',
      pair(LETTERS, { ...moved, kind: undefined, form: 'robustness' }),
      /:1: "b" has no twin/,
    ],
    [
      'a twin of a text form',
      [
        ...pair(LETTERS, { ...LETTERS, form: 'benchmark-text' }),
        { id: 'u', capability: 'c', form: 'twin', twin_of: 't', ...moved },
      ],
      /:3: twin_of: "t" has the form benchmark-text, at \S*:2/,
    ],
  ])('is refused: %s', async (_, records, message) => {
    const error = await read(records).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
  });
});
