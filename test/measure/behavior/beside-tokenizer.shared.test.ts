import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { describe, expect, it } from 'vitest';
import { describeFiles } from '../../../src/measure/behavior/behavior-files.ts';
import { behavior, measurement, ofKind, reportOn } from '../../compare/measurement.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';

type Json = Record<string, unknown>;

/** A model with a tokenizer and the files of a slow one that belong to it (test/fixtures/make_beside_tokenizer.py). */
function model(name: string): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture('language-models', 'llama'), folder, { recursive: true });
  cpSync(fixture('beside-tokenizer', name), folder, { recursive: true });
  return folder;
}

async function tokenizerOf(folder: string) {
  return (await describeFiles(await openCheckpoint(folder), null)).tokenizer;
}

/** What is said of files next to tokenizer.json. */
async function differencesIn(folder: string) {
  const values = (await tokenizerOf(folder))?.values ?? {};
  return Object.entries(values).filter(([key]) => key.endsWith(' beside tokenizer.json'));
}

const editJson = (file: string, change: (json: Json) => Json) => (folder: string) => {
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify(change(readJson<Json>(path))));
};
const editText = (file: string, change: (text: string) => string) => (folder: string) => {
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
};
const editBytes = (change: (bytes: Buffer) => Buffer) => (folder: string) => {
  const path = join(folder, 'tokenizer.model');
  writeFileSync(path, change(readFileSync(path)));
};

/** A piece and what follows it: the tag of its score, and the score. */
const scored = (bytes: Buffer, piece: string) => bytes.indexOf(piece) + Buffer.byteLength(piece) + 1;

/** A normalizer_spec with a precompiled_charsmap, which is merged into the one before. */
const REWRITING = Buffer.from([0x1a, 5, 0x12, 3, 1, 2, 3]);

describe('files of a slow tokenizer next to tokenizer.json', () => {
  it.each(['byte-level', 'tiktoken', 'llama', 'gemma', 't5', 'tekken'])(
    'that agree are not mentioned: %s',
    async (name) => {
      expect(await differencesIn(model(name))).toEqual([]);
      const alone = join(temporaryFolder(), 'model');
      cpSync(model(name), alone, {
        recursive: true,
        filter: (path) => !/(vocab|added_tokens|tekken)\.json$|merges|\.model$/.test(path),
      });
      if (name === 'llama') cpSync(join(model(name), 'tokenizer.model'), join(alone, 'tokenizer.model.v3'));
      expect((await tokenizerOf(alone))?.digest).toBe((await tokenizerOf(model(name)))?.digest);
    },
  );

  it.each<[string, string, (folder: string) => void, string]>([
    [
      'two tokens that changed places in vocab.json',
      'byte-level',
      editJson('vocab.json', (vocab) => ({ ...vocab, a: vocab.b, b: vocab.a })),
      'vocab.json',
    ],
    [
      'a token more in vocab.json',
      'byte-level',
      editJson('vocab.json', (vocab) => ({ ...vocab, new: 999 })),
      'vocab.json',
    ],
    ['a token less in vocab.json', 'byte-level', editJson('vocab.json', ({ a, ...vocab }) => vocab), 'vocab.json'],
    ['a vocab.json that is not JSON', 'byte-level', editText('vocab.json', () => '{'), 'vocab.json'],
    [
      'merges in another order',
      'byte-level',
      editText('merges.txt', (text) => text.replace(/\n(.*)\n(.*)\n/, '\n$2\n$1\n')),
      'merges.txt',
    ],
    ['a merge less', 'byte-level', editText('merges.txt', (text) => text.replace(/\n[^\n]*\n$/, '\n')), 'merges.txt'],
    [
      'another id in added_tokens.json',
      'byte-level',
      editJson('added_tokens.json', () => ({ '<|im_start|>': 7 })),
      'added_tokens.json',
    ],
    [
      'a token that only added_tokens.json has',
      'byte-level',
      editJson('added_tokens.json', (tokens) => ({ ...tokens, fox: 400 })),
      'added_tokens.json',
    ],
    [
      'another token in the lines of tiktoken',
      'tiktoken',
      editText('tokenizer.model', (text) => text.replace(' 5\n', ' 6\n')),
      'tokenizer.model',
    ],
    [
      'another piece',
      'llama',
      editBytes((bytes) => Buffer.from(bytes.toString('latin1').replace('own', 'oww'), 'latin1')),
      'tokenizer.model',
    ],
    [
      'characters that are rewritten',
      'llama',
      editBytes((bytes) => Buffer.concat([bytes, REWRITING])),
      'tokenizer.model',
    ],
    [
      'characters that are rewritten otherwise',
      't5',
      editBytes((bytes) => Buffer.concat([bytes, REWRITING])),
      'tokenizer.model',
    ],
    [
      'the score of a piece of a BPE model',
      'llama',
      editBytes((bytes) => {
        bytes.writeFloatLE(100, scored(bytes, 'own'));
        return bytes;
      }),
      'tokenizer.model',
    ],
    [
      'the score of a piece of a Unigram model',
      't5',
      editBytes((bytes) => {
        bytes.writeFloatLE(-20, scored(bytes, 'own'));
        return bytes;
      }),
      'tokenizer.model',
    ],
    [
      'two tokens of tekken.json that changed places',
      'tekken',
      editText('tekken.json', (text) =>
        text.replace('"ZQ=="', '"?"').replace('"YQ=="', '"ZQ=="').replace('"?"', '"YQ=="'),
      ),
      'tekken.json',
    ],
    [
      'another special token in tekken.json',
      'tekken',
      editText('tekken.json', (text) => text.replace('[INST]', '[ASK]')),
      'tekken.json',
    ],
    [
      'another pattern in tekken.json',
      'tekken',
      editText('tekken.json', (text) => text.replace('\\\\p{N}|', '\\\\p{N}+|')),
      'tekken.json',
    ],
    ['a tekken.json without a vocabulary', 'tekken', editText('tekken.json', () => '{}'), 'tekken.json'],
    [
      "another piece in Mistral's tokenizer.model.v3",
      'llama',
      (folder) => {
        const bytes = readFileSync(join(folder, 'tokenizer.model')).toString('latin1').replace('own', 'oww');
        writeFileSync(join(folder, 'tokenizer.model.v3'), Buffer.from(bytes, 'latin1'));
      },
      'tokenizer.model.v3',
    ],
    [
      'a tokenizer.model that is cut',
      'gemma',
      editBytes((bytes) => bytes.subarray(0, bytes.length - 3)),
      'tokenizer.model',
    ],
  ])('are named where they say something else: %s', async (_, name, change, file) => {
    const folder = model(name);
    change(folder);
    const found = await differencesIn(folder);
    expect(found.map(([key]) => key)).toEqual([`${file} beside tokenizer.json`]);
    expect(found[0]?.[1]).not.toMatch(/^sha256/);
  });

  it('keep a verdict from a pass, unless the baseline has the same', async () => {
    const [healthy, edited] = [model('byte-level'), model('byte-level')];
    editJson('vocab.json', (vocab) => ({ ...vocab, a: vocab.b, b: vocab.a }))(edited);
    const of = async (folder: string) => measurement({ behavior: behavior({ tokenizer: await tokenizerOf(folder) }) });
    const [ours, theirs] = [await of(edited), await of(healthy)];
    const report = reportOn(ours, theirs);
    expect(report.verdict).toBe('inconclusive');
    const named = { key: 'vocab.json beside tokenizer.json', baseline: null };
    expect(ofKind('changed-behavior', report.findings)).toMatchObject([{ level: 'inconclusive', named: [named, {}] }]);
    expect(reportOn(ours, ours).verdict).toBe('pass');
    // What a baseline had wrong, and the candidate has not, is a change like any other.
    expect(reportOn(theirs, ours).verdict).toBe('warn');
    expect(reportOn(ours, theirs, { policy: 'behavior: { tokenizer: fail }' }).verdict).toBe('fail');
    expect(reportOn(ours, theirs, { policy: 'behavior: { level: info }' }).verdict).toBe('inconclusive');
  });
});
