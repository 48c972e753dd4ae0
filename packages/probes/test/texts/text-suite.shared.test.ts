import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTextSuite } from '../../src/texts/read-text-suite.ts';
import { MAX_SUITE_BYTES, MAX_TEXT_BYTES, textSuite } from '../../src/texts/text-suite.ts';

async function written(name: string, content: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'texts-')), name);
  await writeFile(path, content);
  return path;
}

const read = async (name: string, content: string) =>
  (await readTextSuite(await written(name, content), name, { kept: true })).texts
    .toSorted((a, b) => Number(a.id) - Number(b.id))
    .map(({ text }) => text);

const OF_FILE = { kept: true };

describe('a file of texts', () => {
  it('has what blank lines separate', async () => {
    const content = '\uFEFFOne\r\nand more\r\n\r\n \r\nTwo\n\nThree\n\nFour\n\n\nFive';
    expect(await read('a.txt', content)).toEqual(['One\nand more', 'Two', 'Three', 'Four', 'Five']);
  });

  it('has the field text of each record', async () => {
    const content = ['a', 'b\n\nc', 'd', 'e', 'f'].map((text) => JSON.stringify({ text, source: 'x' })).join('\n');
    expect(await read('a.jsonl', content)).toEqual(['a', 'b\n\nc', 'd', 'e', 'f']);
  });

  it('is refused with too few texts, without the field, and in another format', async () => {
    await expect(read('a.txt', 'a\n\nb\n\nb\n\na\n\nc')).rejects.toThrow('a.txt has 3 texts');
    await expect(read('a.jsonl', '{"text": "a"}\n{"question": "b"}')).rejects.toThrow('a.jsonl:2: no field "text"');
    await expect(read('a.csv', 'text\na')).rejects.toThrow('a.csv: texts are not read');
  });
});

describe('a suite of texts', () => {
  it('cuts a long one between two characters', () => {
    const [text] = textSuite('a', [{ id: '1', text: `x${'€'.repeat(1000)}` }], OF_FILE).texts;
    expect(Buffer.byteLength(text?.text ?? '')).toBe(MAX_TEXT_BYTES - 1);
    expect(text?.text).toMatch(/^x€+$/);
  });

  it('is a sample of many that hardly changes if one is added', () => {
    const texts = Array.from({ length: 300 }, (_, i) => ({ id: String(i), text: `${i} ${'word '.repeat(40)}` }));
    const one = textSuite('a', texts, OF_FILE);
    const bytes = one.texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThanOrEqual(MAX_SUITE_BYTES);
    expect(bytes).toBeGreaterThan(MAX_SUITE_BYTES - 300);
    expect(one.size).toBe(300);
    const other = textSuite('a', [...texts, { id: 'more', text: 'more '.repeat(40) }], OF_FILE);
    const ids = new Set(other.texts.map(({ id }) => id));
    expect(one.texts.filter(({ id }) => !ids.has(id)).length).toBeLessThanOrEqual(1);
    expect(textSuite('a', [...texts].reverse(), OF_FILE)).toEqual(one);
  });
});
