import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HubSettings } from '@shadow-gate/checkpoints/hub';
import { isDatasetPath, openDataset, parseDatasetPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { readParquet } from '@shadow-gate/platform/parquet';
import { suiteExportName } from '@shadow-gate/probes/suite';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useFakeHub } from '../../packages/checkpoints/test/hub/use-fake-hub.ts';
import { loadSuites } from '../../src/gate/load-suites.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';

const hub = await useFakeHub();
let settings: HubSettings;
beforeEach(() => {
  const { SHADOW_GATE_CACHE: cache = '' } = process.env;
  settings = { endpoint: hub.endpoint, token: null, cache, stallMilliseconds: 5000, retryMilliseconds: 1 };
});

const parquet = (name: string) => readFileSync(fixture('parquet', `${name}.parquet`));
const ROWS = readJson<object[]>(fixture('parquet', 'rows.json'));
const ARC = [
  { id: 'Mercury_1', question: 'Ice is', choices: { text: ['hot', 'cold'], label: ['A', 'B'] }, answerKey: 'B' },
  {
    id: 'NY_2',
    question: 'Fire is',
    choices: { text: ['hot', 'wet', 'cold'], label: ['1', '2', '3'] },
    answerKey: '1',
  },
];

async function rowsOf(path: string, own = settings): Promise<unknown[]> {
  const { files } = await openDataset(path, own);
  const rows = [];
  for (const file of files) rows.push(...(await readParquet(file)));
  return rows;
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toMatch(/[\n\r]/);
  return message.replaceAll(hub.endpoint, 'HUB');
}

const CONVERTED = 'refs/convert/parquet';

describe('the address of a split', () => {
  it.each([
    ['hf://datasets/cais/mmlu/anatomy/test', null, 'anatomy', 'test'],
    ['hf://datasets/cais/mmlu@v1.0/anatomy/test', 'v1.0', 'anatomy', 'test'],
    ['hf://datasets/cais/mmlu@refs/convert/parquet/anatomy/test/', 'refs/convert/parquet', 'anatomy', 'test'],
    ['hf://datasets/cais/mmlu@a%2Fb/ARC-Challenge/test', 'a/b', 'ARC-Challenge', 'test'],
  ])('%s', (path, revision, config, split) => {
    expect(isDatasetPath(path)).toBe(true);
    expect(parseDatasetPath(path)).toEqual({ repository: 'cais/mmlu', revision, config, split });
  });

  it.each([
    [
      'hf://datasets/cais',
      /"hf:\/\/datasets\/cais" does not name a data set — write hf:\/\/datasets\/org\/name\/config/,
    ],
    ['hf://datasets/cais/mmlu', /does not name a config and a split of a data set/],
    ['hf://datasets/cais/mmlu/test', /does not name a config and a split/],
    ['hf://datasets/cais/mmlu/anatomy/test/0.parquet', /does not name a config and a split/],
    ['hf://datasets/cais/mmlu/../test', /does not name a valid config and split/],
    ['hf://datasets/cais/mmlu@..%2F/a/test', /does not name a valid revision/],
    ['hf://datasets/a b/c/d/e', /does not name a data set/],
  ])('is refused as %s', (path, message) => {
    expect(() => parseDatasetPath(path)).toThrow(message);
  });
});

describe('a split of a data set on a hub', () => {
  it.each<[string, string, string]>([
    ['as datasets uploads it', 'anatomy/test-00000-of-00001.parquet', 'anatomy/test'],
    ['as older versions did', 'anatomy/test-00000-of-00001-0123456789abcdef.parquet', 'anatomy/test'],
    ['in one file', 'anatomy/test.parquet', 'anatomy/test'],
    ['in a folder', 'anatomy/test/0000.parquet', 'anatomy/test'],
    ['of the only config', 'data/test-00000-of-00001.parquet', 'default/test'],
    ['of the only config in the root', 'test.parquet', 'default/test'],
    ['of the only config in a folder', 'data/test/a.parquet', 'default/test'],
  ])('is read from its own files, %s', async (_, name, split) => {
    const id = `org/own-${name.replaceAll(/\W/g, '-')}`;
    const sha = hub.commit(`datasets/${id}`, {
      [name]: parquet('snappy'),
      'README.md': 'x',
      [name.replace('test', 'train')]: parquet('arc'),
    });
    expect(await rowsOf(`hf://datasets/${id}/${split}`)).toEqual(ROWS);
    expect(await openDataset(`hf://datasets/${id}/${split}`, settings)).toMatchObject({
      source: `hf://datasets/${id}@${sha}/${split}`,
      moves: true,
    });
    expect(hub.seen.some(({ path }) => path.includes('convert'))).toBe(false);
    expect(hub.seen.some(({ path }) => path.includes('train-') || path.includes('README'))).toBe(false);
  });

  it('is read from its parts in order, and not from some of them', async () => {
    const part = (i: number, of: number) => `a/test-0000${i}-of-0000${of}.parquet`;
    hub.commit('datasets/org/parts', { [part(1, 2)]: parquet('arc'), [part(0, 2)]: parquet('snappy') });
    expect(await rowsOf('hf://datasets/org/parts/a/test')).toEqual([...ROWS, ...ARC]);
    hub.commit('datasets/org/missing', { [part(1, 3)]: parquet('arc'), [part(0, 3)]: parquet('snappy') });
    expect(await errorOf(rowsOf('hf://datasets/org/missing/a/test'))).toMatch(
      /its files are not one whole set: test-00000/,
    );
    hub.commit('datasets/org/two', {
      [part(0, 1)]: parquet('arc'),
      [part(0, 1).replace('.', '-0f.')]: parquet('snappy'),
    });
    expect(await errorOf(rowsOf('hf://datasets/org/two/a/test'))).toMatch(/its files are not one whole set/);
  });

  it("is read from the hub's conversion if it has no such files, at its commit", async () => {
    const own = hub.commit('datasets/org/script', { 'script.py': 'x', 'anatomy/data.zip': 'x' });
    const sha = hub.commit('datasets/org/script', { 'anatomy/test/0000.parquet': parquet('zstd') }, CONVERTED);
    expect(sha).not.toBe(own);
    const path = 'hf://datasets/org/script/anatomy/test';
    expect(await rowsOf(path)).toEqual(ROWS);
    const { source, moves } = await openDataset(path, settings);
    expect({ source, moves }).toEqual({ source: `hf://datasets/org/script@${sha}/anatomy/test`, moves: true });
    const pinned = await openDataset(source, settings);
    expect(pinned).toMatchObject({ source, moves: false });
    expect(await rowsOf(`hf://datasets/org/script@${CONVERTED}/anatomy/test`)).toEqual(ROWS);
    // The conversion is not of that revision.
    expect(await errorOf(rowsOf(`hf://datasets/org/script@${own}/anatomy/test`))).toMatch(
      /no parquet files of the split "test" of anatomy at [0-9a-f]{40} — leave out the revision, or name refs\/convert\/parquet/,
    );
  });

  it('keeps what it was when a branch moves, if its commit is named', async () => {
    const first = hub.commit('datasets/org/moving', { 'a/test.parquet': parquet('snappy') });
    hub.commit('datasets/org/moving', { 'a/test.parquet': parquet('arc') });
    expect(await rowsOf(`hf://datasets/org/moving@${first}/a/test`)).toEqual(ROWS);
    expect(await rowsOf('hf://datasets/org/moving/a/test')).toEqual(ARC);
    expect(await rowsOf('hf://datasets/org/moving@main/a/test')).toEqual(ARC);
  });

  it('needs no network again once it is in the cache', async () => {
    const sha = hub.commit('datasets/org/kept', { 'a/test.parquet': parquet('snappy') });
    const path = `hf://datasets/org/kept@${sha}/a/test`;
    const { source } = await openDataset(path, settings);
    await rowsOf(path);
    hub.seen.length = 0;
    // Another path of the same commit: this process keeps what it has opened.
    expect(await rowsOf(`${source}/`)).toEqual(ROWS);
    expect(hub.seen).toEqual([]);
  });
});

describe('what is not there is one error', () => {
  const path = (rest: string) => `hf://datasets/org/absent${rest}`;
  beforeAll(() => {
    hub.commit('datasets/org/absent', { 'x.py': 'x' });
    const files = {
      'anatomy/test/0000.parquet': parquet('arc'),
      'anatomy/dev/0000.parquet': parquet('arc'),
      'biology/partial-test/0000.parquet': parquet('arc'),
    };
    hub.commit('datasets/org/absent', files, CONVERTED);
    hub.commit('datasets/org/none', { 'x.py': 'x' });
    hub.commit('datasets/org/plain', { 'anatomy/dev.parquet': parquet('arc') });
  });

  it.each<[string, string, RegExp]>([
    ['a config', path('/anatomyy/test'), /: no parquet files of a config "anatomyy" — choose one of anatomy, biology$/],
    ['a split', path('/anatomy/tests'), /: no parquet files of a split "tests" of anatomy — choose one of dev, test$/],
    [
      'a whole split',
      path('/biology/test'),
      /: the hub has converted only a part of it to parquet — download it: python -c "import/,
    ],
    [
      'a config without a conversion',
      'hf://datasets/org/plain/biology/test',
      /of the config "biology", and the hub has not converted it — if it is one of its folders \(anatomy\), name that; or download it: python/,
    ],
    [
      'any conversion',
      'hf://datasets/org/none/a/test',
      /and the hub has not converted it — download it: python -c "import datasets; datasets\.load_dataset\('org\/none', 'a', split='test'\)\.to_parquet\('FILE\.parquet'\)"$/,
    ],
    [
      'a split without a conversion',
      'hf://datasets/org/plain/anatomy/test',
      /no parquet files of a split "test" of anatomy — choose one of dev$/,
    ],
    [
      'a revision',
      path('@nope/anatomy/test'),
      /has no such revision — choose one of HUB\/datasets\/org\/absent\/commits\/main$/,
    ],
    [
      'the data set',
      'hf://datasets/org/nothing/a/test',
      /does not exist — check the name at HUB\/datasets\/org\/nothing$/,
    ],
  ])('%s', async (_, address, message) => {
    expect(await errorOf(rowsOf(address))).toMatch(message);
  });

  it('a token, where it is private or gated; the token goes to the hub only', async () => {
    hub.commit('datasets/org/gated', { 'a/test.parquet': parquet('snappy') });
    hub.token = 'secret';
    const address = 'hf://datasets/org/gated/a/test';
    expect(await errorOf(rowsOf(address))).toMatch(
      /is gated \(status 401\) — set HF_TOKEN to a token with access, and accept its license at HUB\/datasets\/org\/gated$/,
    );
    expect(await errorOf(rowsOf(address, { ...settings, token: 'wrong' }))).toMatch(/HF_TOKEN has no access/);
    expect(await rowsOf(address, { ...settings, token: 'secret' })).toEqual(ROWS);
    expect(hub.seen.filter(({ kind, authorization }) => kind === 'cdn' && authorization !== null)).toEqual([]);
  });

  it('the network, or a whole answer', async () => {
    const address = 'hf://datasets/org/plain/anatomy/dev';
    const offline = { ...settings, endpoint: 'http://127.0.0.1:9' };
    expect(await errorOf(rowsOf(address, offline))).toMatch(
      /could not be read from http:\/\/127\.0\.0\.1:9: .* — check the/,
    );
    hub.commit('datasets/org/sound', { 'a/small.parquet': parquet('arc'), 'a/test.parquet': parquet('snappy') });
    for (const split of ['small', 'test']) {
      const damaged = `hf://datasets/org/sound/a/${split}`;
      hub.faults = { swap: (_, content) => Buffer.from(content.map((byte, i) => (i === 40 ? byte ^ 1 : byte))) };
      expect(await errorOf(rowsOf(damaged))).toMatch(/arrived damaged: its (SHA-256|digest) differs — run again/);
      hub.faults = {};
      expect(await rowsOf(damaged)).toEqual(split === 'small' ? ARC : ROWS);
    }
    hub.faults = { status: ({ kind }) => (kind === 'cdn' ? { status: 503 } : null) };
    expect(await errorOf(rowsOf(address, { ...settings, cache: temporaryFolder() }))).toMatch(/could not be read from/);
    hub.faults = { ignoresRanges: true };
    hub.commit('datasets/org/wide', { 'a/test.parquet': parquet('pictures') });
    expect(await errorOf(rowsOf('hf://datasets/org/wide/a/test'))).toMatch(/the hub does not support range requests/);
  });
});

describe('a data set on a hub as a probe file', () => {
  const load = (probes: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'new.jsonl'), '{"id": "n", "question": "New?", "choices": ["a", "b"], "answer": 1}\n');
    const policyPath = join(folder, 'policy.yml');
    return loadSuites({ policy: parsePolicy(`probes: ${probes}\n`, policyPath), policyPath }, 1);
  };

  it('has the items of the same file, under names that say where they are from', async () => {
    const sha = hub.commit('datasets/cais/mmlu', { 'anatomy/test-00000-of-00001.parquet': parquet('snappy') });
    const [suite] = await load('[hf://datasets/cais/mmlu/anatomy/test]');
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mmlu.parquet'), parquet('snappy'));
    const [local] = await load(`[${join(folder, 'mmlu.parquet')}]`);
    expect(suite).toMatchObject({
      name: 'cais/mmlu/anatomy/test',
      path: null,
      source: `hf://datasets/cais/mmlu@${sha}/anatomy/test`,
      seed: 1,
    });
    expect(suite?.items.map(({ id }) => id.split(':')[0])).toEqual(suite?.items.map(() => 'mmlu/anatomy/test'));
    const exams = (items = suite?.items) =>
      items?.filter(({ form }) => form === 'benchmark').map(({ prompt, question }) => [prompt, question]);
    expect(exams()).toEqual(exams(local?.items));
    expect(suite?.warnings).toEqual([
      `hf://datasets/cais/mmlu/anatomy/test can change: name hf://datasets/cais/mmlu@${sha}/anatomy/test in the policy, which this run has read`,
    ]);
    expect(suite && suiteExportName(suite)).toBe('cais--mmlu--anatomy--test');
    expect(suiteExportName({ name: 'mmlu.v2.csv' })).toBe('mmlu.v2');
    const [pinned] = await load(`[hf://datasets/cais/mmlu@${sha}/anatomy/test]`);
    expect(pinned).toEqual({ ...suite, warnings: [] });
    hub.commit('datasets/cais/mmlu', { 'anatomy/test-00000-of-00001.parquet': parquet('pictures') });
    const [moved] = await load('[hf://datasets/cais/mmlu@main/anatomy/test]');
    expect(moved?.name).toBe(suite?.name);
    expect(moved?.digest, 'no baseline of the old items is compared').not.toBe(suite?.digest);
  });

  it('downloads the columns of the questions only', async () => {
    hub.commit('datasets/org/pictures', { 'a/test.parquet': parquet('pictures') });
    const [suite] = await load('[hf://datasets/org/pictures/a/test]');
    expect(suite?.items.filter(({ form }) => form === 'benchmark')).toHaveLength(20);
    const bytes = hub.seen.reduce(
      (sum, { kind, range }) => sum + (kind === 'cdn' && range ? range[1] - range[0] : 0),
      0,
    );
    // The end of a file is requested first; the pictures are 160 KB.
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(100_000);
    expect(readdirSync(settings.cache)).toEqual(['hub']);
  });

  it('can be the benchmark of group twins, mapped, and listed together with another split', async () => {
    hub.commit('datasets/org/arc', { 'a/test.parquet': parquet('arc'), 'a/dev.parquet': parquet('snappy') });
    const suites = await load(
      '[hf://datasets/org/arc/a/test, hf://datasets/org/arc/a/dev, {file: new.jsonl, twins-of: org/arc/a/test}]',
    );
    expect(suites.map(({ name, twinsOf }) => [name, twinsOf])).toEqual([
      ['org/arc/a/test', undefined],
      ['org/arc/a/dev', undefined],
      ['new.jsonl', 'org/arc/a/test'],
    ]);
    const fields = '{question: question, choices: choices.text, answer: answerKey}';
    const [mapped] = await load(`[{file: hf://datasets/org/arc/a/test, fields: ${fields}}]`);
    expect(mapped?.digest).toBe(suites[0]?.digest);
    expect(await errorOf(load('[{file: hf://datasets/org/arc/a/test, fields: {question: ctx}}]'))).toMatch(
      /: fields\.question: no column for "ctx" — it has "id, question, choices, answerKey"/,
    );
    expect(await errorOf(load('[hf://datasets/org/arc/a/test, hf://datasets/org/arc@main/a/test]'))).toMatch(
      /two suites have the name "org\/arc\/a\/test"/,
    );
  });
});
