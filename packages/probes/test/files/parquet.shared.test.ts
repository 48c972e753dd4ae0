import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { readProbeFile } from '../../src/files/read.ts';

type Row = Readonly<Record<string, unknown>>;
const ROWS = readJson<readonly Row[]>(fixture('parquet', 'rows.json'));

/** The items of a file of this name. */
async function itemsOf(content: Buffer | string, name: string) {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return (await readProbeFile(file, { seed: 1 })).items;
}

describe('a probe file in parquet', () => {
  it.each(['snappy', 'zstd'])('(%s) has the items of the same records as JSONL', async (name) => {
    const lines = ROWS.map((row) => JSON.stringify(row.subject === null ? { ...row, subject: undefined } : row));
    const expected = await itemsOf(lines.join('\n'), 'mmlu.jsonl');
    expect(expected.length).toBeGreaterThan(5 * ROWS.length);
    expect(expected[0]?.id).toBe('mmlu:1');
    expect(await itemsOf(readFileSync(fixture('parquet', `${name}.parquet`)), 'mmlu.parquet')).toEqual(expected);
  });

  it('is read by the field names of a public benchmark, with labels of choices', async () => {
    const items = await itemsOf(readFileSync(fixture('parquet', 'arc.parquet')), 'arc.parquet');
    const exams = items.filter(({ form }) => form === 'benchmark');
    expect(
      exams.map(({ id, prompt, question }) => [id, prompt, question.kind === 'choice' && question.answer]),
    ).toEqual([
      ['Mercury_1', 'Question: Ice is\nA. hot\nB. cold\nAnswer:', 1],
      ['NY_2', 'Question: Fire is\nA. hot\nB. wet\nC. cold\nAnswer:', 0],
    ]);
  });

  it('names the row of a mistake', async () => {
    const content = readFileSync(fixture('parquet', 'types.parquet'));
    const file = join(temporaryFolder(), 'types.parquet');
    writeFileSync(file, content);
    const fields = { question: 'large', choices: ['i8', 'day'], answer: 'u64' } as const;
    await expect(readProbeFile(file, { seed: 1, fields })).rejects.toThrow(
      /types\.parquet: row 1: large: is empty; choices: 0: must be text/,
    );
    await expect(itemsOf(readFileSync(fixture('parquet', 'no-rows.parquet')), 'x.parquet')).rejects.toThrow(
      /x\.parquet has no records/,
    );
  });
});

describe('a file in a format that is not read', () => {
  it.each([
    [
      'mmlu.arrow',
      `convert it: python -c "import datasets; datasets.Dataset.from_file('FOLDER/mmlu.arrow').to_json('FOLDER/mmlu.jsonl')"`,
    ],
    [
      'mmlu.xlsx',
      `convert it: python -c "import pandas; pandas.read_excel('FOLDER/mmlu.xlsx').to_json('FOLDER/mmlu.jsonl', orient='records', lines=True)"`,
    ],
    ['mmlu.jsonl.gz', 'convert it: gunzip FOLDER/mmlu.jsonl.gz'],
    ["it's mine.zip", 'convert it: unzip FILE.zip'],
  ])('(%s) is refused with the line that converts it', async (name, hint) => {
    const folder = temporaryFolder();
    copyFileSync(fixture('parquet', 'arc.parquet'), join(folder, name));
    const error = await readProbeFile(join(folder, name), { seed: 1 }).catch((error: unknown) => error);
    expect(error).toMatchObject({ hint: hint.replaceAll('FOLDER', folder) });
  });
});
