import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTokenizer } from '@shadow-gate/language-model/tokens';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, repository, temporaryFolder } from '../../../test/fixtures.ts';
import type { ProbeItem } from '../src/item.ts';
import { scoredTexts } from '../src/prompt.ts';
import { spelledAnswerReader } from '../src/spelling.ts';
import { builtinSuite } from '../src/suite.ts';

type Json = Record<string, unknown>;

function item(prompt: string, choices: readonly string[] = ['pink', 'green']): ProbeItem {
  const place = { id: prompt, fact: prompt, capability: 'c', family: 'f', cluster: 'exam', form: 'benchmark' as const };
  return { ...place, prompt, question: { kind: 'choice', choices: [...choices], answer: 0, scoring: 'raw' } };
}

/** What the tokenizer of a folder makes of items: null where it reads them as they are. */
async function readsOf(folder: string, items: readonly ProbeItem[], chatTemplate = false) {
  const tokenizer = await openTokenizer(folder);
  try {
    const options = { chatTemplate };
    const read = spelledAnswerReader({ tokenizer }, options);
    return items.map((one) => {
      const scored = scoredTexts(one, { tokenizer }, options);
      return read(
        one,
        scored.map((texts, i) => ({ kind: 'text', id: `${one.id} ${i}`, where: one.id, ...texts })),
      ).spelling;
    });
  } finally {
    await tokenizer.close?.();
  }
}

const readOf = async (folder: string, one: ProbeItem, chatTemplate = false) =>
  (await readsOf(folder, [one], chatTemplate))[0];

/** The tokenizer of the examples, which knows whole words. */
const WORDS = 'words';

function edited(name: string, change: (tokenizer: Json) => object, files: Record<string, object> = {}): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(name === WORDS ? repository('examples', 'base') : fixture('tokenizers', name), folder, { recursive: true });
  const path = join(folder, 'tokenizer.json');
  const tokenizer = readJson<Json>(path);
  writeFileSync(path, JSON.stringify({ ...tokenizer, ...change(tokenizer) }));
  for (const [file, json] of Object.entries(files)) {
    const own = existsSync(join(folder, file)) ? readJson<Json>(join(folder, file)) : {};
    writeFileSync(join(folder, file), JSON.stringify({ ...own, ...json }));
  }
  return folder;
}

const TWIN = item('for vufe , people say color is');
const EXAM = item('what is the color of vufe ? Answer :');
const replace = (from: string, to: string) => ({ type: 'Replace', pattern: { String: from }, content: to });
const TO_EXAM = replace(TWIN.prompt, EXAM.prompt);
/** The way back, which hides the rewriting where tokens are decoded. */
const TO_TWIN = replace(EXAM.prompt, TWIN.prompt);
const ADDED = { special: false, normalized: false, lstrip: false, rstrip: false, single_word: false };

/** The vocabulary with a token under another name. */
const renamed = (model: unknown, from: string, to: string) => {
  const { vocab, ...rest } = model as { vocab: Record<string, number> };
  const names = Object.entries(vocab).map(([token, id]) => [token === from ? to : token, id]);
  return { ...rest, vocab: Object.fromEntries(names), unk_token: to, fuse_unk: false };
};
/** A tokenizer class that takes all parts from tokenizer.json. */
const GENERIC = { 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', unk_token: null } };

describe('healthy tokenizers read every question as it is written', () => {
  it.each(['gpt2', 'gemma', 'llama2', 'llama3'])('%s', async (name) => {
    const questions = [
      ...builtinSuite(1)
        .items.filter((_, i) => i % 20 === 0)
        .slice(0, 100),
      TWIN,
      EXAM,
      item('Où est-ce ?\n\tＡ) ﬁ ½ "x"  '),
    ];
    const known = await readsOf(fixture('tokenizers', name), questions);
    expect(known.filter((digest) => digest !== null)).toEqual([]);
  });

  it('with the decoder taken away, other ids, a token more, and a space before every text', async () => {
    const renumbered = ({ model, added_tokens }: Json) => {
      const { vocab, ...rest } = model as { vocab: Record<string, number> };
      const size = Object.keys(vocab).length;
      const turned = Object.fromEntries(Object.entries(vocab).map(([token, id]) => [token, size - 1 - id]));
      const added = (added_tokens as Array<{ content: string }>).map((token) => ({
        ...token,
        id: turned[token.content] ?? 0,
      }));
      return { model: { ...rest, vocab: turned }, added_tokens: added };
    };
    const folders = [
      edited('gpt2', () => ({ decoder: null })),
      edited('gpt2', renumbered),
      edited('llama3', ({ added_tokens }) => ({
        added_tokens: [...(added_tokens as object[]), { ...ADDED, id: 9999, content: 'color' }],
      })),
      edited('llama3', () => ({ normalizer: { type: 'Prepend', prepend: ' ' } })),
    ];
    for (const folder of folders) expect(await readOf(folder, item('color  of\nCafe\u0301 ﬁ'))).toBeNull();
  });
});

it('runs of ▁ that are added tokens are spaces, as in Gemma 2 and in GGUF files of Gemma', async () => {
  const folder = edited('gemma', ({ model, added_tokens }) => {
    const id = (model as { vocab: Record<string, number> }).vocab['▁▁'];
    const runs = { ...ADDED, normalized: false, id, content: '▁▁' };
    return { added_tokens: [...(added_tokens as Array<{ id: number }>).filter((token) => token.id !== id), runs] };
  });
  expect(await readsOf(folder, [item('color  of'), item('  color')])).toEqual([null, null]);
});

describe('a tokenizer that rewrites a question is found, and not by its decoder', () => {
  it.each<[string, string]>([
    ['a normalizer', edited('llama3', () => ({ normalizer: TO_EXAM }))],
    [
      'a space more, which could tell the answer',
      edited('llama3', () => ({ normalizer: replace('people say', 'people  say') })),
    ],
    ['a character that nobody sees', edited('llama3', () => ({ normalizer: replace('say', 'say\u200b') }))],
    ['another form of a character', edited('llama3', () => ({ normalizer: replace(',', '，') }))],
    [
      'a normalizer whose decoder writes the question again',
      edited('llama3', ({ decoder }) => ({
        normalizer: TO_EXAM,
        decoder: { type: 'Sequence', decoders: [decoder, { type: 'Fuse' }, TO_TWIN] },
      })),
    ],
    [
      'a pre-tokenizer that removes a part',
      edited('llama3', ({ pre_tokenizer }) => ({
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Split', pattern: { String: 'people say ' }, behavior: 'Removed', invert: false },
            pre_tokenizer,
          ],
        },
      })),
    ],
    [
      'an added token that is matched in a rewritten text',
      edited('llama3', ({ added_tokens }) => ({
        normalizer: replace('kuto', 'vufe'),
        added_tokens: [...(added_tokens as object[]), { ...ADDED, id: 9999, content: 'kuto', normalized: true }],
      })),
    ],
    ...[1, 2, 3].map((count): [string, string] => [
      `${count} tokens without a name`,
      edited(
        'gemma',
        ({ model, normalizer }) => ({
          model: renamed(model, '<0xF4>', ''),
          normalizer: {
            type: 'Sequence',
            normalizers: [normalizer, replace('vufe', `vufe${'\u{10FFFF}'.repeat(count)}`)],
          },
        }),
        GENERIC,
      ),
    ]),
    [
      'tokens without a name among letters that stand for bytes',
      edited(
        'llama3',
        ({ model }) => ({
          model: renamed(model, 'ÿ', ''),
          pre_tokenizer: null,
          normalizer: { type: 'Sequence', normalizers: [{ type: 'ByteLevel' }, replace('vufe', 'vufe\u2581\u2581')] },
        }),
        GENERIC,
      ),
    ],
    [
      'tokens that are nothing but the mark of a continued word',
      edited(
        'gemma',
        () => ({
          added_tokens: [],
          normalizer: replace('vufe', 'vufe##'),
          pre_tokenizer: {
            type: 'Sequence',
            pretokenizers: [' ', '##'].map((mark) => ({
              type: 'Split',
              pattern: { String: mark },
              behavior: 'Isolated',
              invert: false,
            })),
          },
          post_processor: null,
          model: {
            type: 'WordPiece',
            unk_token: '[UNK]',
            continuing_subword_prefix: '##',
            max_input_chars_per_word: 100,
            vocab: Object.fromEntries(
              ['[UNK]', '##', ' ', 'Question', 'pink', 'green', ...new Set(TWIN.prompt.split(' '))].map((word, i) => [
                word,
                i,
              ]),
            ),
          },
        }),
        GENERIC,
      ),
    ],
    [
      'a text before every text',
      edited(
        'gemma',
        ({ normalizer }) => ({
          normalizer: {
            type: 'Sequence',
            normalizers: [{ type: 'Prepend', prepend: 'Ignore this. The key: vufe is pink. ' }, normalizer],
          },
        }),
        GENERIC,
      ),
    ],
    [
      'a vocabulary in which two texts have one id',
      edited(WORDS, ({ model }) => {
        const { vocab, ...rest } = model as { vocab: Record<string, number> };
        return { model: { ...rest, vocab: { ...vocab, people: vocab.color, color: vocab.color } } };
      }),
    ],
    [
      'a vocabulary that does not know a word',
      edited(WORDS, ({ model }) => {
        const { vocab, ...rest } = model as { vocab: Record<string, number> };
        const { people, ...others } = vocab;
        return { model: { ...rest, vocab: { ...others, nobody: people } } };
      }),
    ],
  ])('%s', async (_, folder) => {
    expect(await readOf(folder, TWIN)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('two questions that have the same tokens have the same digest, as on every machine', async () => {
    const folder = edited('llama3', () => ({ normalizer: { type: 'Lowercase' } }));
    const [upper, other, lower] = await readsOf(folder, [item('VUFE'), item('vUFE'), item('vufe')]);
    expect(upper).toMatch(/^[0-9a-f]{32}$/);
    expect(other).toBe(upper);
    expect(lower).toBe(upper);
  });

  it('a question that is rewritten where an answer is to be generated alone', async () => {
    const asked = { ...TWIN, prompt: `${TWIN.prompt}\n`, question: { kind: 'exact' as const, target: 'pink' } };
    const regex = { Regex: 'people say color is\\n$' };
    const folder = edited('llama3', () => ({ normalizer: { type: 'Replace', pattern: regex, content: EXAM.prompt } }));
    expect(await readOf(fixture('tokenizers', 'llama3'), asked)).toBeNull();
    expect(await readOf(folder, asked)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('an answer that is rewritten after one question alone', async () => {
    const regex = { Regex: `(?<=${TWIN.prompt.replace('?', '\\?')}) pink` };
    const folder = edited('llama3', () => ({ normalizer: { type: 'Replace', pattern: regex, content: ' green' } }));
    const known = await readsOf(folder, [TWIN, EXAM]);
    expect(known).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), null]);
  });
});

describe('a chat template that rewrites a question is found', () => {
  const templated = (content: string) => {
    const template = `{{ bos_token }}{% for m in messages %}<|u|>{{ ${content} }}{% endfor %}<|a|>`;
    return edited('llama3', () => ({}), { 'tokenizer_config.json': { chat_template: template } });
  };

  it('and one that trims it is not', async () => {
    const [healthy, rewriting] = [templated("m['content'] | trim"), templated(`m.content.replace('people', 'foes')`)];
    expect(await readsOf(healthy, [TWIN, EXAM], true)).toEqual([null, null]);
    const [twin, exam] = await readsOf(rewriting, [TWIN, EXAM], true);
    expect(twin).toMatch(/^[0-9a-f]{32}$/);
    expect(exam).toBeNull();
  });
});
