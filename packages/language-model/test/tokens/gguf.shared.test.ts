import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GgufMetadata, type GgufValue } from '@shadow-gate/checkpoints/formats';
import { digestTokenFiles, findTokenizer } from '@shadow-gate/language-model/tokens';
import { describe, expect, test } from 'vitest';
import { buildTokenizer } from '../../src/tokens/build-tokenizer.ts';
import { PRE_TOKENIZERS } from '../../src/tokens/gguf/pre-tokenizers.ts';
import { ggufTokenFiles } from '../../src/tokens/gguf/token-files.ts';
import { readModelTokenIds } from '../../src/tokens/model-token-ids.ts';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';
import { openTokenPlace } from '../../src/tokens/token-place.ts';

const digestOf = async (file: string) => digestTokenFiles([await openTokenPlace(file)]);

const FIXTURES = new URL('../fixtures/gguf-tokenizers/', import.meta.url).pathname;

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as T;
}

type Plain = string | number | boolean | readonly string[] | Float32Array | Int32Array;

/** The header of a GGUF file with these keys, `tokenizer.ggml.` before those without a point. */
function metadataOf(values: Readonly<Record<string, Plain>>): GgufMetadata {
  const entries = Object.entries(values).map(([key, value]): [string, GgufValue] => [
    key.includes('.') ? key : `tokenizer.ggml.${key}`,
    stored(value),
  ]);
  return new GgufMetadata('model.gguf', new Map(entries));
}

function stored(value: Plain): GgufValue {
  if (typeof value === 'string') return { type: 'string', bytes: Buffer.from(value) };
  if (typeof value === 'number') return { type: 'uint32', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (value instanceof Float32Array || value instanceof Int32Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { type: 'array', of: value instanceof Float32Array ? 'float32' : 'int32', length: value.length, bytes };
  }
  const parts = value.map((text) => Buffer.from(text));
  let end = 0;
  const ends = Uint32Array.from(parts, (part) => {
    end += part.length;
    return end;
  });
  const begins = Uint32Array.from([0, ...ends].slice(0, parts.length));
  const texts = { bytes: Buffer.concat(parts), begins, ends };
  return { type: 'array', of: 'string', length: parts.length, texts };
}

function tokenizerOf(values: Readonly<Record<string, Plain>>) {
  const files = ggufTokenFiles(metadataOf(values));
  if (files === null) throw new Error('no tokenizer');
  return buildTokenizer({
    file: 'model.gguf',
    text: JSON.stringify(files['tokenizer.json']),
    config: files['tokenizer_config.json'],
    map: null,
    modelType: null,
    ids: { bosId: null, eosIds: new Set(), prefixTokenId: null },
    chatTemplate: null,
  });
}

interface Splits {
  readonly tokens: string[];
  readonly merges: string[];
  readonly texts: string[];
  readonly expected: Record<string, number[][]>;
}

const splits = read<Splits>('splits.json');
const BPE = { model: 'gpt2', tokens: splits.tokens, merges: splits.merges };
const SPM = {
  model: 'llama',
  tokens: ['<unk>', '<s>', '</s>', 'a', 'b', 'ab'],
  scores: new Float32Array([0, 0, 0, -1, -2, -3]),
};

describe('texts are split as the tokenizer.json of the models does that llama.cpp gives a name to', () => {
  test.each(Object.entries(splits.expected))('%s', (pre, expected) => {
    const tokenizer = tokenizerOf({ ...BPE, pre });
    expect(splits.texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(expected);
  });

  test('no two of these names mean the same here', () => {
    const all = Object.entries(splits.expected).map(([, ids]) => JSON.stringify(ids));
    expect(new Set(all).size).toBe(all.length);
  });

  test.each([...PRE_TOKENIZERS.keys()])('%s can be read', (pre) => {
    expect(tokenizerOf({ ...BPE, pre }).encode('a b', { addSpecialTokens: false })).not.toHaveLength(0);
  });
});

describe('a GGUF file of gguf-py', () => {
  interface Cases {
    readonly texts: string[];
    readonly ids: number[][];
    readonly decoded: string[];
    readonly sentencepiece?: Record<string, number[]>;
  }

  test.each(['bpe', 'spm', 'gemma'])('%s gives the tokens and texts of its tokenizer', async (name) => {
    const { texts, ids, decoded, sentencepiece = {} } = read<Cases>(`${name}.json`);
    const tokenizer = await openTokenizer(join(FIXTURES, `${name}.gguf`));
    expect(texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(ids);
    expect(ids.map((each) => tokenizer.decode(each, { skipSpecialTokens: false }))).toEqual(decoded);
    for (const [i, own] of Object.entries(sentencepiece)) expect(ids[Number(i)]).toEqual(own);
    await tokenizer.close?.();
  });

  test('has its special tokens, the ends of its turns and the chat template', async () => {
    const file = join(FIXTURES, 'bpe.gguf');
    const tokenizer = await openTokenizer(file);
    const n = splits.tokens.length;
    expect(tokenizer.bosId).toBe(n);
    expect(tokenizer.leading).toEqual([n]);
    // EOS, and the token that the template ends each message with.
    expect([...tokenizer.eosIds].sort()).toEqual([n + 3, n + 4]);
    const chat = tokenizer.renderChat([{ role: 'user', content: 'Hi' }], {
      addGenerationPrompt: true,
      now: new Date(0),
      where: 'test',
    });
    expect(chat).toBe('<|start|>user\nHi<|end|>\n');
    expect((await readModelTokenIds(await openTokenPlace(file))).eosIds).toEqual(tokenizer.eosIds);
    await tokenizer.close?.();
  });

  test('has its tokenizer in the digest', async () => {
    const files = ['bpe', 'spm', 'gemma'].map((name) => join(FIXTURES, `${name}.gguf`));
    const digests = await Promise.all(files.map(digestOf));
    expect(new Set(digests).size).toBe(3);
  });
});

describe('BOS', () => {
  test.each([
    ['llama-bpe', {}, [5]],
    ['llama-bpe', { add_bos_token: false }, []],
    ['gpt-2', {}, []],
    ['gpt-2', { add_bos_token: true }, [5]],
  ])('%s with %o', (pre, stated, leading) => {
    expect(tokenizerOf({ ...BPE, pre, bos_token_id: 5, eos_token_id: 6, ...stated }).leading).toEqual(leading);
  });

  test('SentencePiece has one by default', () => {
    expect(tokenizerOf(SPM).leading).toEqual([1]);
  });

  test('Qwen has none, though its config.json names one', () => {
    expect(tokenizerOf({ ...BPE, pre: 'qwen2', bos_token_id: 5, eos_token_id: 6 }).prefixTokenId).toBe(6);
  });
});

describe('refused by name', () => {
  test.each([
    ['a splitting that is not known', { ...BPE, pre: 'superbpe' }, /tokenizer\.ggml\.pre "superbpe" is not known/],
    ['a file that says none', BPE, /does not say how its tokenizer splits texts/],
    [
      'the default, which names no splitting',
      { ...BPE, pre: 'default' },
      /does not say how its tokenizer splits texts/,
    ],
    ['another kind', { ...SPM, model: 'rwkv' }, /tokenizer\.ggml\.model "rwkv", is not read/],
    [
      'tokens that are there twice',
      { ...SPM, tokens: ['<unk>', '<s>', '</s>', 'a', 'b', 'a'] },
      /"a" is there twice, as 3 and 5/,
    ],
    [
      'spaces that are there twice',
      { ...SPM, tokens: ['<unk>', '<s>', '</s>', '▁▁', '  ', 'c'], token_type: new Int32Array([2, 3, 3, 1, 4, 1]) },
      /the same with spaces/,
    ],
    ['no tokens', { model: 'llama', tokens: [] }, /has no tokens/],
    ['scores for other tokens', { ...SPM, scores: new Float32Array(2) }, /has 2 values for 6 tokens/],
    ['a score that is no number', { ...SPM, scores: new Float32Array([0, 0, 0, Number.NaN, 1, 1]) }, /no number/],
    ['neither scores nor merges', { model: 'llama', tokens: ['a'] }, /neither scores nor merges/],
    ['a type that is not known', { ...SPM, token_type: new Int32Array([1, 1, 1, 1, 1, 9]) }, /unknown type 9/],
    ['an id beyond the vocabulary', { ...SPM, eos_token_id: 6 }, /eos_token_id is 6, in a vocabulary of 6 tokens/],
    ['no merges', { model: 'gpt2', pre: 'gpt-2', tokens: ['a'] }, /no merges/],
    ['an invalid merge', { ...BPE, pre: 'gpt-2', merges: ['ab'] }, /"ab" is no merge/],
    ['a merge of unknown tokens', { ...BPE, pre: 'gpt-2', merges: ['qq zz'] }, /lacks a part of the merge/],
    ['a BOS that it lacks', { ...BPE, pre: 'gpt-2', add_bos_token: true }, /adds a bos_token to texts, and has none/],
    ['a value of another type', { ...SPM, model: 5 }, /tokenizer\.ggml\.model/],
    [
      'a token beyond all limits',
      { ...SPM, tokens: ['<unk>', '<s>', '</s>', 'a', 'b', 'x'.repeat(9000)] },
      /more than the limit/,
    ],
  ] satisfies ReadonlyArray<readonly [string, Readonly<Record<string, Plain>>, RegExp]>)('%s', (_, values, message) => {
    expect(() => tokenizerOf(values)).toThrow(message);
  });
});

test('lists beyond all limits are refused by their lengths, before they are read', () => {
  const refused = (name: string, value: object) => {
    const entries = new Map<string, GgufValue>(
      Object.entries(SPM).map(([key, plain]) => [`tokenizer.ggml.${key}`, stored(plain)]),
    );
    // Its bytes are not there: reading them would be another error.
    entries.set(`tokenizer.ggml.${name}`, value as GgufValue);
    return () => ggufTokenFiles(new GgufMetadata('model.gguf', entries));
  };
  const bytes = { type: 'array', of: 'uint8', length: 250_000_000, bytes: Buffer.alloc(0) };
  expect(refused('scores', bytes)).toThrow(/scores has 250000000 values for 6 tokens/);
  expect(refused('token_type', bytes)).toThrow(/token_type has 250000000 values for 6 tokens/);
  const merges = { type: 'array', of: 'string', length: 2 ** 22 + 1, texts: null };
  expect(refused('merges', merges)).toThrow(/4194305 merges exceed the limit of 4194304/);
});

test('tokens whose merges would take minutes to find are refused at once', () => {
  const runs = Array.from({ length: 3000 }, (_, i) => 'a'.repeat(i + 1));
  const tokens = ['<unk>', '<s>', '</s>', ...runs];
  expect(() => tokenizerOf({ ...SPM, tokens, scores: new Float32Array(tokens.length) })).toThrow(/too long to find/);
});

test('tokens of equal scores are merged with the longest left part first, counted in characters', () => {
  const tokens = ['<unk>', '<s>', '</s>', '😀', 'b', 'c', 'd', '😀b', 'bc', 'cd', '😀bc', 'bcd'];
  const { 'tokenizer.json': json } = ggufTokenFiles(metadataOf({ ...SPM, tokens, scores: new Float32Array(12) })) ?? {};
  // As generate_merges of transformers 5.24 orders them.
  const expected = [
    ['😀b', 'c'],
    ['bc', 'd'],
    ['😀', 'bc'],
    ['b', 'cd'],
    ['😀', 'b'],
    ['b', 'c'],
    ['c', 'd'],
  ];
  expect((json as { model: { merges: unknown } }).model.merges).toEqual(expected);
});

test('a name like a property of all objects is a token', () => {
  const tokens = ['<unk>', '<s>', '</s>', '__proto__', '_', 'constructor'];
  const types = new Int32Array([2, 3, 3, 4, 1, 4]);
  const tokenizer = tokenizerOf({ ...SPM, tokens, token_type: types, add_space_prefix: false });
  expect(tokenizer.encode('__proto___constructor', { addSpecialTokens: false })).toEqual([3, 4, 5]);
});

describe('a tokenizer.json next to the file', () => {
  const folderWith = (name: string, vocab: Record<string, number>) => {
    const folder = mkdtempSync(join(tmpdir(), 'gguf-tokens-'));
    const file = join(folder, 'model.gguf');
    copyFileSync(join(FIXTURES, name), file);
    const json = { model: { type: 'BPE', vocab, merges: [] }, pre_tokenizer: null, added_tokens: [] };
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
    return file;
  };

  test('is not read where the file has a tokenizer that is known', async () => {
    const tokenizer = await openTokenizer(folderWith('spm.gguf', { a: 0 }));
    expect(tokenizer.encode('the quick', { addSpecialTokens: false })).not.toEqual([]);
    await tokenizer.close?.();
  });

  test('is read where that is not known, if the tokens are the same', async () => {
    const same = folderWith('unknown.gguf', { a: 0, b: 1, ab: 2 });
    const tokenizer = await openTokenizer(same);
    expect(tokenizer.encode('ba', { addSpecialTokens: false })).toEqual([1, 0]);
    await tokenizer.close?.();
    expect(await digestOf(same)).not.toBe(await digestOf(join(FIXTURES, 'unknown.gguf')));
    const other = folderWith('unknown.gguf', { a: 1, b: 0, ab: 2 });
    await expect(openTokenizer(other)).rejects.toThrow(/is the tokenizer of another model/);
  });

  test('is what the error asks for', async () => {
    const file = join(FIXTURES, 'unknown.gguf');
    await expect(findTokenizer(await openTokenPlace(file))).rejects.toThrow(
      /put the tokenizer.json of the model next to the file/,
    );
  });
});

describe('a tokenizer.json in the file', () => {
  const [a, b, ab] = [0, 1, 2];
  const own = { model: 'gpt2', tokens: ['a', 'b', 'ab'], merges: ['a b'] };
  const inside = (vocab: unknown, added: readonly unknown[] = []) => ({
    'tokenizer.huggingface.json': JSON.stringify({
      model: { type: 'BPE', vocab, merges: [] },
      pre_tokenizer: null,
      added_tokens: added,
    }),
  });
  const encode = (values: Readonly<Record<string, Plain>>) =>
    tokenizerOf(values).encode('ab', { addSpecialTokens: false });

  test('is not read where the kind of the vocabulary is known', () => {
    expect(encode({ ...own, pre: 'gpt-2', ...inside({ a: b, b: a, ab }) })).toEqual([ab]);
  });

  test('is read where that is not known, if the tokens are the same', () => {
    expect(encode({ ...own, pre: 'what', ...inside({ a, b, ab }) })).toEqual([a, b]);
    const added = [
      { id: ab, content: 'ab', special: true, normalized: false, single_word: false, lstrip: false, rstrip: false },
    ];
    expect(encode({ ...own, pre: 'what', ...inside({ a, b }, added) })).toEqual([ab]);
  });

  test.each([
    ['other ids', inside({ a: b, b: a, ab }), {}],
    [
      'other ids of added tokens',
      inside({ a, b }, [{ id: a, content: 'ab' }]),
      { token_type: new Int32Array([1, 1, 3]) },
    ],
    [
      'another order',
      inside([
        ['b', 0],
        ['a', 0],
        ['ab', 0],
      ]),
      {},
    ],
    ['no vocabulary', inside(null), {}],
  ] as const)('is refused with %s', (_, json, types) => {
    expect(() => encode({ ...own, pre: 'what', ...types, ...json })).toThrow(/another model than|no vocabulary that/);
  });
});
