import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { findTokenizer } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { describeNeeds } from '../../../../test/needs.ts';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';
import { openTokenPlace } from '../../src/tokens/token-place.ts';

type Json = Record<string, unknown>;

/** A copy of a fixture with changed keys in one of its files; undefined removes a key. */
function changed(kind: string, file: string, changes: Json): string {
  const folder = temporaryFolder();
  cpSync(fixture('tokenizers', kind), folder, { recursive: true });
  writeFileSync(join(folder, file), JSON.stringify({ ...readJson<Json>(join(folder, file)), ...changes }));
  return folder;
}

/** A tokenizer whose vocabulary consists of whole pieces, so that the ids show where a text was split. */
async function openWords(words: readonly string[], preTokenizer: Json, model: Json = {}): Promise<Tokenizer> {
  const folder = temporaryFolder();
  const vocab = Object.fromEntries(words.map((word, index) => [word, index]));
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ model: { type: 'WordLevel', vocab, unk_token: '?', ...model }, pre_tokenizer: preTokenizer }),
  );
  return openTokenizer(folder);
}

const bare = (tokenizer: Tokenizer, text: string) => tokenizer.encode(text, { addSpecialTokens: false });
const whole = (tokenizer: Tokenizer, text: string) => tokenizer.encode(text, { addSpecialTokens: true });
const template = (id: string, ids: number[]) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id } }, { Sequence: { id: 'A' } }],
  special_tokens: { [id]: { id, ids } },
});

describe('a tokenizer', () => {
  it.each(['llama3', 'gpt2', 'llama2', 'gemma'])('gives the ids of plain byte-pair encoding: %s', async (kind) => {
    const tokenizer = await openTokenizer(fixture('tokenizers', kind));
    for (const { text, ids } of readJson<Array<{ text: string; ids: number[] }>>(
      fixture('tokenizers', kind, 'expected.json'),
    )) {
      expect(bare(tokenizer, text), text).toEqual(ids);
      expect(whole(tokenizer, text)).toEqual([...tokenizer.leading, ...ids, ...tokenizer.trailing]);
      // Metaspace cannot distinguish a space at the very beginning from its own mark.
      const readBack = kind === 'llama2' ? text.replace(/^ /, '') : text;
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(readBack);
    }
  });

  it.each([
    ['llama3', { bosId: 346, eosId: 347, eosIds: new Set([347, 348]), prefixTokenId: 346, leading: [346] }],
    // Its class uses <|endoftext|> as both, and adds neither.
    ['gpt2', { bosId: 346, eosId: 346, eosIds: new Set([346]), prefixTokenId: 346, leading: [] }],
    ['llama2', { bosId: 1, eosId: 2, eosIds: new Set([2]), prefixTokenId: 1, leading: [1] }],
    ['gemma', { bosId: 2, eosId: 1, eosIds: new Set([1, 5]), prefixTokenId: 2, leading: [2] }],
  ])('has special tokens: %s', async (kind, expected) => {
    expect(await openTokenizer(fixture('tokenizers', kind))).toMatchObject({ ...expected, trailing: [] });
  });

  // What AutoTokenizer of transformers 5.24 puts around a text.
  it.each<[string, string, Json, number[], number[]]>([
    ['has the post-processor of Gemma, whatever add_bos_token is', 'gemma', { add_bos_token: false }, [2], []],
    ['has the post-processor of Llama 3, whatever add_bos_token is', 'llama3', { add_bos_token: false }, [346], []],
    ['has no BOS in GPT-NeoX, whatever its file says', 'llama3', { tokenizer_class: 'GPTNeoXTokenizer' }, [], []],
    ['always has a BOS in Code Llama', 'llama2', { tokenizer_class: 'CodeLlamaTokenizerFast' }, [1], []],
    ['has a BOS that is not named', 'gemma', { bos_token: null }, [2], []],
  ])('%s', async (_, kind, changes, leading, trailing) => {
    const tokenizer = await openTokenizer(changed(kind, 'tokenizer_config.json', changes));
    expect([tokenizer.leading, tokenizer.trailing]).toEqual([leading, trailing]);
  });

  it('uses the post-processor of the file, and nothing without one, whatever add_bos_token is', async () => {
    const folder = changed('llama2', 'tokenizer.json', { post_processor: null });
    expect(await openTokenizer(folder)).toMatchObject({ leading: [], trailing: [] });
    const file = join(folder, 'tokenizer.json');
    const json = readJson<Json>(file);
    writeFileSync(file, JSON.stringify({ ...json, post_processor: template('</s>', [2]) }));
    expect(await openTokenizer(folder)).toMatchObject({ leading: [2], trailing: [] });
    writeFileSync(
      file,
      JSON.stringify({ ...json, post_processor: { type: 'RobertaProcessing', cls: ['<s>', 1], sep: ['</s>', 2] } }),
    );
    expect(await openTokenizer(folder)).toMatchObject({ leading: [1], trailing: [2] });
    writeFileSync(
      file,
      JSON.stringify({
        ...json,
        post_processor: { type: 'Sequence', processors: [template('</s>', [2]), template('<s>', [1])] },
      }),
    );
    expect(await openTokenizer(folder)).toMatchObject({ leading: [1, 2], trailing: [] });
  });

  it('is built from vocab.json and merges.txt, where transformers builds it so', async () => {
    const folder = changed('gpt2', 'tokenizer_config.json', { add_bos_token: true });
    const { vocab, merges } = readJson<{ model: { vocab: Json; merges: string[] } }>(
      join(folder, 'tokenizer.json'),
    ).model;
    const whole = await openTokenizer(folder);
    rmSync(join(folder, 'tokenizer.json'));
    writeFileSync(join(folder, 'vocab.json'), JSON.stringify(vocab));
    writeFileSync(join(folder, 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`);
    const text = "It's the other fox's key, 1234<|endoftext|>";
    const built = await openTokenizer(folder);
    expect(bare(built, text)).toEqual(bare(whole, text));
    // Without a tokenizer.json, transformers follows add_bos_token.
    expect([whole.leading, built.leading]).toEqual([[], [346]]);
    writeFileSync(join(folder, 'config.json'), '{"model_type": "granite"}');
    expect(await findTokenizer(await openTokenPlace(folder))).toBeNull();
    await expect(openTokenizer(folder)).rejects.toThrow(/has vocab\.json, but no tokenizer\.json/);
  });

  it('reads special_tokens_map.json only if the config has no added_tokens_decoder', async () => {
    const map = changed('llama2', 'special_tokens_map.json', { bos_token: '</s>' });
    expect((await openTokenizer(map)).bosId).toBe(2);
    writeFileSync(join(map, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>', added_tokens_decoder: {} }));
    expect((await openTokenizer(map)).bosId).toBe(1);
  });

  it('has EOS as prefix if there is no BOS, and the ids of the model if there is neither', async () => {
    const noBos = changed('llama3', 'tokenizer_config.json', { bos_token: null });
    expect(await openTokenizer(noBos)).toMatchObject({ bosId: null, prefixTokenId: 347 });
    const neither = changed('llama3', 'tokenizer_config.json', { bos_token: null, eos_token: null });
    expect(await openTokenizer(neither)).toMatchObject({
      eosId: null,
      prefixTokenId: 346,
      eosIds: new Set([347, 348]),
    });
  });

  it('matches special tokens whole, and skips them in a text on request', async () => {
    const gpt2 = await openTokenizer(fixture('tokenizers', 'gpt2'));
    const ids = bare(gpt2, 'the fox<|endoftext|>the');
    expect(ids).toEqual([...bare(gpt2, 'the fox'), 346, ...bare(gpt2, 'the')]);
    expect(gpt2.decode(ids, { skipSpecialTokens: false })).toBe('the fox<|endoftext|>the');
    expect(gpt2.decode(ids, { skipSpecialTokens: true })).toBe('the foxthe');
  });

  it('has no text for ids beyond its vocabulary, which padded models can generate', async () => {
    const llama3 = await openTokenizer(fixture('tokenizers', 'llama3'));
    expect(llama3.decode([9999, ...bare(llama3, 'key'), 349], { skipSpecialTokens: true })).toBe('key');
    expect(llama3.decode([], { skipSpecialTokens: true })).toBe('');
  });

  it('keeps spaces before punctuation in a BPE model, whatever the config says', async () => {
    const llama3 = await openTokenizer(fixture('tokenizers', 'llama3'));
    expect(llama3.decode(bare(llama3, "1 . 2 , it 's"), { skipSpecialTokens: true })).toBe("1 . 2 , it 's");
  });

  // Split by hand, with the rules of the Rust library.
  it.each<[string, Json, string, string[]]>([
    ['Digits', { type: 'Digits', individual_digits: true }, 'a12٣b', ['a', '1', '2', '٣', 'b']],
    ['Punctuation, each mark apart', { type: 'Punctuation' }, 'hey!?–you', ['hey', '!', '?', '–', 'you']],
    ['Punctuation, marks together', { type: 'Punctuation', behavior: 'Contiguous' }, 'hey!?you', ['hey', '!?', 'you']],
    ['Whitespace beyond ASCII', { type: 'Whitespace' }, 'naïve café!! 東京', ['naïve', 'café', '!!', '東京']],
    ['Metaspace, which splits', { type: 'Metaspace' }, 'a  b c', ['▁a', '▁', '▁b', '▁c']],
    ['Metaspace, which does not', { type: 'Metaspace', split: false }, 'a b', ['▁a▁b']],
    ['a Split that merges to the left', split('MergedWithPrevious'), 'a-b--c', ['a-', 'b-', '-', 'c']],
    ['a Split that merges to the right', split('MergedWithNext'), 'a-b--c', ['a', '-b', '-', '-c']],
    [
      'a sequence',
      { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Digits' }] },
      'a1 22',
      ['a', '1', '22'],
    ],
  ])('splits like the Rust library: %s', async (_, preTokenizer, text, pieces) => {
    const words = ['?', ...new Set(pieces)];
    const tokenizer = await openWords(words, preTokenizer);
    expect(bare(tokenizer, text).map((id) => words[id])).toEqual(pieces);
  });

  it('has an unknown token for unknown words, or reports that it has none', async () => {
    const tokenizer = await openWords(['?', 'fox'], { type: 'WhitespaceSplit' });
    expect(bare(tokenizer, 'fox ox')).toEqual([1, 0]);
    const strict = await openWords(['fox'], { type: 'WhitespaceSplit' }, { unk_token: undefined });
    expect(() => bare(strict, 'fox ox')).toThrow(
      /cannot encode a text of 6 characters: no token for "ox", and none for unknown ones/,
    );
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing', {}, /has no tokenizer\.json — add the tokenizer/],
    [
      'only a slow tokenizer',
      { 'tokenizer.model': '\n' },
      /has tokenizer\.model, but no tokenizer\.json — save the fast/,
    ],
    ['only a vocabulary', { 'vocab.json': '{}', 'merges.txt': '' }, /has vocab\.json, but no tokenizer\.json/],
    ['only the tokens of tiktoken', { 'qwen.tiktoken': '' }, /has qwen\.tiktoken, but no tokenizer\.json/],
    ['half a file', { 'tokenizer.json': '{"model": {' }, /tokenizer\.json is not JSON/],
    ['another JSON', { 'tokenizer.json': '{"vocab": {}}' }, /tokenizer\.json is not a tokenizer: model/],
    ['an unknown part', { 'tokenizer.json': words({ normalizer: { type: 'Magic' } }) }, /cannot be used: .*Magic/],
    ['an unknown behavior', { 'tokenizer.json': words({ pre_tokenizer: split('Doubled') }) }, /"Split": behavior: /],
    [
      'an unknown option',
      { 'tokenizer.json': words({ pre_tokenizer: { type: 'WhitespaceSplit', also: true } }) },
      /pre-tokenizer "WhitespaceSplit": Unrecognized key: "also"/,
    ],
    [
      'a regular expression that JavaScript cannot express',
      { 'tokenizer.json': words({ pre_tokenizer: { ...split('Isolated'), pattern: { Regex: '(a)\\1' } } }) },
      /cannot be used: the regular expression \(a\)\\1 has \\1, which is not supported/,
    ],
    [
      'an added token that says in part how it is matched',
      { 'tokenizer.json': words({ added_tokens: [{ id: 1, content: '<s>', special: true }] }) },
      /is not a tokenizer: added_tokens\.0\.normalized/,
    ],
    [
      'invalid added tokens of a config',
      {
        'tokenizer.json': words({}),
        'tokenizer_config.json': '{"added_tokens_decoder": {"1": {"content": "a", "rstrip": {}}}}',
      },
      /added_tokens_decoder\.1 is not an added token/,
    ],
    [
      'a merge with a token that is shorter than the prefix',
      {
        'tokenizer.json': words({
          model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']], continuing_subword_prefix: '##' },
        }),
      },
      /the vocabulary lacks a part of the merge \["a","b"\]/,
    ],
    ['an unknown model', { 'tokenizer.json': words({ model: { type: 'Magic', vocab: {} } }) }, /model .*Magic/],
    [
      'an unknown decoder',
      { 'tokenizer.json': words({ decoder: { type: 'CTC' } }) },
      /a decoder of the unknown type "CTC"/,
    ],
    [
      'random merges',
      { 'tokenizer.json': words({ model: { type: 'BPE', vocab: {}, merges: [], dropout: 0.1 } }) },
      /model "BPE": dropout/,
    ],
    [
      'a class of transformers that is not known',
      { 'tokenizer.json': words({}), 'tokenizer_config.json': '{"tokenizer_class": "T5TokenizerFast"}' },
      /the tokenizer class T5Tokenizer is not supported/,
    ],
    [
      'code of its own',
      { 'tokenizer.json': words({}), 'tokenizer_config.json': '{"auto_map": {"AutoTokenizer": ["t.T", null]}}' },
      /names code of the checkpoint's own/,
    ],
    [
      'special tokens that are split',
      { 'tokenizer.json': words({}), 'tokenizer_config.json': '{"split_special_tokens": true}' },
      /split_special_tokens/,
    ],
    ['an unknown post-processor', { 'tokenizer.json': words({ post_processor: { type: 'Magic' } }) }, /post_processor/],
  ])('refuses a folder with %s', async (_, files, pattern) => {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await expect(openTokenizer(folder)).rejects.toThrow(pattern);
    await expect(openTokenizer(folder)).rejects.toBeInstanceOf(UserError);
    if (!('tokenizer.json' in files)) expect(await findTokenizer(await openTokenPlace(folder))).toBeNull();
  });
});

function split(behavior: string): Json {
  return { type: 'Split', pattern: { String: '-' }, behavior, invert: false };
}

function words(changes: Json): string {
  return JSON.stringify({ model: { type: 'WordLevel', vocab: { fox: 0 } }, ...changes });
}

const stories = shared('models', 'stories260K');
describeNeeds(stories !== null, '../shared/models/stories260K')('the tokenizer of stories260K', () => {
  it('gives the 35 tokens of the original program', async () => {
    const tokenizer = await openTokenizer(stories ?? '');
    const text = 'One day, a clever fox found a shiny key under the old oak tree.';
    const ids = whole(tokenizer, text);
    expect(ids).toHaveLength(35);
    expect(ids[0]).toBe(1);
    expect(bare(tokenizer, text)).toEqual(ids.slice(1));
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(text);
    expect(tokenizer.decode(bare(tokenizer, 'é 🦊 東'), { skipSpecialTokens: true })).toBe('é 🦊 東');
  });
});

const zoo = shared('zoo', 'baseA');
describeNeeds(zoo !== null, '../shared/zoo')('a tokenizer of whole words', () => {
  it('of whole words is supported', async () => {
    const tokenizer = await openTokenizer(zoo ?? '');
    const { vocab } = readJson<{ model: { vocab: Record<string, number> } }>(join(zoo ?? '', 'tokenizer.json')).model;
    const [[first, a] = ['', 0], [second, b] = ['', 0]] = Object.entries(vocab).slice(-2);
    expect(whole(tokenizer, `${first} nowhere ${second}`)).toEqual([0, a, 1, b]);
  });
});

describe("Mistral's tekken.json without a tokenizer.json", () => {
  const folder = fixture('tekken');

  it('gives the tokens of mistral-common, and their texts', async () => {
    const tokenizer = await openTokenizer(folder);
    expect(tokenizer).toMatchObject({ bosId: 1, eosId: 2, leading: [1] });
    for (const { text, ids } of readJson<{ text: string; ids: number[] }[]>(join(folder, 'expected.json'))) {
      expect(await tokenizer.encode(text, { addSpecialTokens: true }), text).toEqual(ids);
      expect(await tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(text);
    }
    expect(await tokenizer.encode('[INST]<SPECIAL_8>', { addSpecialTokens: false })).toEqual([3, 8]);
  });

  it.each<[string, (content: Record<string, unknown>) => void, RegExp]>([
    ['another JSON', (content) => delete content.config, /tekken\.json is not a tokenizer of Mistral: config: /],
    [
      'of a billion special tokens',
      ({ config }) => Object.assign(config as object, { default_num_special_tokens: 1e9 }),
      /default_num_special_tokens: Too big/,
    ],
    ['of other ranks', ({ vocab }) => (vocab as unknown[]).splice(300, 1), /token 300 has rank 301/],
    ['without special tokens', (content) => delete content.special_tokens, /it has no special tokens/],
    [
      'of a larger vocabulary',
      ({ config }) => Object.assign(config as object, { default_vocab_size: 9000 }),
      /is 9000/,
    ],
  ])('is refused if it is %s', async (_, change, message) => {
    const content = readJson<Record<string, unknown>>(join(folder, 'tekken.json'));
    change(content);
    const changed = temporaryFolder();
    writeFileSync(join(changed, 'tekken.json'), JSON.stringify(content));
    await expect(openTokenizer(changed)).rejects.toThrow(message);
  });
});
