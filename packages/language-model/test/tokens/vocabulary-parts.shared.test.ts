import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTokenizer, type Tokenizer, vocabularyParts } from '@shadow-gate/language-model/tokens';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';

const FLAGS = { special: true, normalized: false, single_word: false, lstrip: false, rstrip: false };

/** @param special which of the words are special added tokens */
async function openWords(words: readonly string[], special: readonly string[]): Promise<Tokenizer> {
  const folder = temporaryFolder();
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const added = special.map((content) => ({ id: words.indexOf(content), content, ...FLAGS }));
  const json = { model: { type: 'WordLevel', vocab, unk_token: '?' }, added_tokens: added };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
  return openTokenizer(folder);
}

describe('the parts of a vocabulary', () => {
  it.each([
    ['Latin', ['the', ' acid', 'A', "don't", '-based', ' ’tis', 'x']],
    ['accented Latin', ['é', ' François', 'ạng']],
    ['code', ['getElement', '_id', 'utf8', '.get', '</div', 'a=b', ' iOS', '3D']],
    ['Cyrillic', ['и', ' Анна', 'x-й']],
    ['Han', ['的', '、的']],
    ['Hiragana', ['の']],
    ['Devanagari', ['्', ' नए']],
    ['Greek', ['π']],
    ['other scripts', ['Ꮏ', '̊']],
    ['digits', ['7', ' 1234', '½', '1.', '२०']],
    ['punctuation', ['!', ' (*', '→', '🚅', '_', '__']],
    ['whitespace', [' ', '\n\n', '\t', '\u00a0']],
    ['bytes', ['�', ' �', '\u001b']],
    ['special', ['<unused12>', '<|reserved_special_token_3|>', '[unused7]']],
  ])('are by the text of a token: %s', async (part, texts) => {
    const tokenizer = await openWords(['?', ...texts], []);
    expect(vocabularyParts(tokenizer, texts.length + 1).slice(1)).toEqual(texts.map(() => part));
    await tokenizer.close?.();
  });

  it('has special tokens whatever their text is, in long vocabularies too', async () => {
    const words = Array.from({ length: 3000 }, (_, id) =>
      `w${id}`.replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? ''),
    );
    const special = [0, 1, 1023, 1024, 2047, 2999].map((id) => words[id] ?? '');
    const tokenizer = await openWords(['?', ...words], special);
    const parts = vocabularyParts(tokenizer, 3001);
    expect(parts.flatMap((part, id) => (part === 'special' ? [id] : []))).toEqual([1, 2, 1024, 1025, 2048, 3000]);
    expect(new Set(parts.slice(1))).toEqual(new Set(['special', 'Latin']));
    await tokenizer.close?.();
  });

  it('has a part for each row of an embedding that is longer than the tokenizer', async () => {
    const tokenizer = await openWords(['?', 'a', 'b'], []);
    expect(vocabularyParts(tokenizer, 6)).toEqual(['punctuation', 'Latin', 'Latin', 'unused', 'unused', 'unused']);
    await tokenizer.close?.();
  });

  // The fixtures were made by the Rust library: each is 256 letters for bytes, merges, and special tokens.
  it.each([
    ['llama3', [346, 347, 348]],
    ['gpt2', [346]],
  ])('reads letters that stand for bytes: %s', async (kind, special) => {
    const tokenizer = await openTokenizer(fixture('tokenizers', kind));
    const parts = vocabularyParts(tokenizer, 350);
    for (const id of special) expect(parts[id]).toBe('special');
    // Bytes of 128 and more are no character of their own: 128 of 256.
    const alone = Array.from({ length: 256 }, (_, id) => parts[id]);
    expect(alone.filter((part) => part === 'bytes').length).toBeGreaterThanOrEqual(128);
    expect(alone.filter((part) => part === 'Latin')).toHaveLength(52);
    expect(alone.filter((part) => part === 'digits')).toHaveLength(10);
    await tokenizer.close?.();
  });
});
