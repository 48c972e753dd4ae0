import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repr } from '@shadow-gate/python';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { readDocumentFile } from '../../src/tasks/documents/read-documents.ts';

/** What `datasets` reads from the files, printed by Python (`make_documents.py`). */
const golden = readJson<Readonly<Record<string, readonly string[]>>>(fixture('lm-eval-tasks', 'documents.json'));
const all = () => true;

function write(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

describe('documents', () => {
  it.each(Object.entries(golden))('of %s have the values that the harness has', async (name, expected) => {
    const { documents } = await readDocumentFile(fixture('lm-eval-tasks', name), name, all);
    expect(documents.map(repr)).toEqual(expected);
  });

  it('in a list or on lines of a JSON file are the same', async () => {
    const list = write('a.json', '[{"a": 1}, {"a": 2.5}]');
    const lines = write('a.json', '{"a": 1}\n{"a": 2.5}\n');
    for (const path of [list, lines]) {
      expect((await readDocumentFile(path, 'a.json', all)).documents.map(repr)).toEqual(["{'a': 1.0}", "{'a': 2.5}"]);
    }
  });

  it('of samples are those of its lines, in their order and once each', async () => {
    const sample = (id: number, filter: string) =>
      JSON.stringify({ doc_id: id, doc: { n: id }, resps: [['a']], filter });
    const path = write('samples.jsonl', [sample(1, 'a'), sample(0, 'a'), sample(1, 'b'), sample(0, 'b')].join('\n'));
    expect((await readDocumentFile(path, 'samples.jsonl', all)).documents.map(repr)).toEqual(["{'n': 0}", "{'n': 1}"]);
    const part = write('samples.jsonl', [sample(0, 'a'), sample(2, 'a')].join('\n'));
    await expect(readDocumentFile(part, 'samples.jsonl', all)).rejects.toThrow('samples.jsonl: document 1 is missing');
  });

  it.each([
    ['a.arrow', 'x', 'does not have the file extension of documents'],
    ['a.jsonl', '{"a": 1}\n[2]\n', 'a.jsonl:2: not a JSON object'],
    ['a.jsonl', '{"a": 1}\n{"a"', 'a.jsonl:2 is not JSON'],
    ['a.json', '[1]', 'a.json is no list of JSON objects'],
    ['a.csv', 'a,b\n1\n', 'a.csv: row 1: 1 columns, but the header has 2'],
    ['a.csv', 'a\n"1\n', 'a.csv: '],
    ['a.jsonl', '{"when": "2024-01-02"}\n{"when": "2024-01-03 10:00:00"}\n', 'all values of when are dates'],
  ])('%s with %j is refused', async (name, text, problem) => {
    await expect(readDocumentFile(write(name, text), name, all)).rejects.toThrow(problem);
  });
});
