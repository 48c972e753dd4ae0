import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hideItem, packItemTable, probeItemSchema, unpackItems } from '@shadow-gate/probes/answer';
import { readProbeFile } from '@shadow-gate/probes/files';
import { digestItems } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { answers } from '../../compare/measurement.ts';
import { temporaryFolder } from '../../fixtures.ts';

function written(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

const read = (name: string, text: string, slices: readonly string[] = ['language', 'meta.product']) =>
  readProbeFile(written(name, text), { seed: 1, slices });
const line = (fields: object) =>
  `${JSON.stringify({ question: 'Which?', choices: ['a1', 'b1', 'c1'], answer: 0, ...fields })}\n`;

describe('the fields that a file is sliced by', () => {
  it('are kept for each fact, from fields of their own or inside of others, and change no question', async () => {
    const text = [
      line({ id: 'x', language: 'de', meta: { product: 7 } }),
      line({ id: 'y', question: 'Who?', language: ' en ', meta: {} }),
    ].join('');
    const suite = await read('a.jsonl', text);
    expect([...(suite.slices ?? [])]).toEqual([
      ['x', { language: 'de', 'meta.product': '7' }],
      ['y', { language: 'en' }],
    ]);
    const { items } = await readProbeFile(written('a.jsonl', text), { seed: 1 });
    expect(digestItems(suite.items, {})).toBe(digestItems(items, {}));
  });

  it('are columns of a table, and of mapped fields those of the file', async () => {
    const table = 'id,q,language,A,B,answer\n1,Which?,de,red,blue,A\n2,Who?,,one,two,B\n';
    const path = written('b.csv', table);
    const fields = { question: 'q', choices: ['A', 'B'] };
    const { slices } = await readProbeFile(path, { seed: 1, fields, slices: ['language'] });
    expect([...(slices ?? [])]).toEqual([
      ['1', { language: 'de' }],
      ['2', {}],
    ]);
  });

  it('of questions with twins of their own are those of the benchmark form', async () => {
    const own = (fields: object) =>
      `${JSON.stringify({ capability: 'c', prompt: 'Say it.', choices: ['one two', 'two one'], answer: 0, ...fields })}\n`;
    const text =
      own({ id: 'a', form: 'benchmark', language: 'de' }) +
      own({ id: 'b', form: 'twin', twin_of: 'a', prompt: 'Say it now.', language: 'en' });
    expect([...((await read('c.jsonl', text, ['language'])).slices ?? [])]).toEqual([['a', { language: 'de' }]]);
  });

  it('have to be there, with short values and not too many of them', async () => {
    await expect(read('d.jsonl', line({ id: 'x' }))).rejects.toThrow(/d\.jsonl: slices: no record has "language"/);
    const long = line({ id: 'x', language: 'x'.repeat(65), meta: { product: 1 } });
    await expect(read('d.jsonl', long)).rejects.toThrow(/d\.jsonl:1: language: longer than 64 characters/);
    await expect(read('d.jsonl', line({ id: 'x', language: ['de'], meta: { product: 1 } }))).rejects.toThrow(
      /d\.jsonl:1: language: \["de"\] is no value of a slice/,
    );
    const many = Array.from({ length: 201 }, (_, i) => line({ id: `${i}`, question: `Which ${i}?`, language: i })).join(
      '',
    );
    await expect(read('d.jsonl', many, ['language'])).rejects.toThrow('"language" has 201 values, more than 200');
    await expect(read('t.templates.yaml', 'templates: []', ['language'])).rejects.toThrow('templates have no records');
  });
});

describe('the slices of a measured item', () => {
  const [item] = answers(1);
  if (item === undefined) throw new Error('no item');
  const sliced = { ...item, slices: { language: 'de', product: 'phone' } };

  it('are stored and read', () => {
    const table = JSON.parse(JSON.stringify(packItemTable([sliced, item], []))) as object;
    const unpacked = unpackItems(table, []);
    if (!('items' in unpacked)) throw new Error(unpacked.issue.message);
    expect(unpacked.items.map((own) => probeItemSchema.parse(own))).toEqual([sliced, item]);
  });

  it('are hashes where texts are, the same for all items of a suite', () => {
    const hidden = hideItem(sliced, 'ab');
    expect(JSON.stringify(hidden)).not.toContain('phone');
    expect(hidden.slices).toEqual(hideItem({ ...sliced, id: 'other' }, 'ab').slices);
    expect(hidden.slices?.language).not.toBe(hideItem(sliced, 'cd').slices?.language);
    expect(Object.keys(hidden.slices ?? {})).toEqual(['language', 'product']);
    expect('slices' in hideItem(item, 'ab')).toBe(false);
  });
});
