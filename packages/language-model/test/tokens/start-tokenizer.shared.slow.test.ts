import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, readJson, repository, temporaryFolder } from '../../../../test/fixtures.ts';
import { buildTokenizer, type TokenizerFiles } from '../../src/tokens/build-tokenizer.ts';
import { startTokenizer, TOKENIZER_LIMITS, type TokenizerEntries } from '../../src/tokens/start-tokenizer.ts';

/** Built as by scripts/build.ts: only recent versions of Node could start them from their source. */
let entries: TokenizerEntries;
beforeAll(async () => {
  const outdir = temporaryFolder();
  await build({
    entryPoints: [
      repository('packages/platform/src/process/process-bridge.ts'),
      repository('packages/language-model/src/tokens/tokenizer-process.ts'),
    ],
    entryNames: '[name]',
    outExtension: { '.js': '.mjs' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    banner: { js: `import{createRequire as __r}from'node:module';const require=__r(import.meta.url);` },
  });
  entries = {
    bridge: pathToFileURL(join(outdir, 'process-bridge.mjs')),
    entry: pathToFileURL(join(outdir, 'tokenizer-process.mjs')),
  };
});

const LLAMA3 = fixture('tokenizers', 'llama3');
const json = readJson<Record<string, unknown>>(join(LLAMA3, 'tokenizer.json'));

function files(changes: object = {}, chatTemplate: string | null = null): TokenizerFiles {
  return {
    file: 'tokenizer.json',
    text: JSON.stringify({ ...json, ...changes }),
    config: JSON.parse(readFileSync(join(LLAMA3, 'tokenizer_config.json'), 'utf8')),
    map: null,
    modelType: 'llama',
    ids: { bosId: null, eosIds: new Set([1, 2]), prefixTokenId: null },
    chatTemplate,
  };
}

/** Short, so that a test ends; loading keeps its time. */
const SHORT = { ...TOKENIZER_LIMITS, milliseconds: 300, millisecondsPerRequest: 0, millisecondsPerCharacter: 0 };

async function using<T>(
  hostile: TokenizerFiles,
  work: (tokenizer: Tokenizer) => T,
  limits: typeof TOKENIZER_LIMITS = SHORT,
): Promise<T> {
  const tokenizer = await startTokenizer(hostile, limits, entries);
  try {
    return work(tokenizer);
  } finally {
    await tokenizer.close?.();
  }
}

const stopped = (message: string) =>
  expect.objectContaining({ name: 'UserError', code: 'no-tokenizer', message: expect.stringContaining(message) });
const bare = { addSpecialTokens: false };
const chat = { addGenerationPrompt: true, now: new Date(0), where: 'chats.jsonl:1' };
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
const replace = (text: string, content: string) => ({ type: 'Replace', pattern: { String: text }, content });
const EXPLOSIVE = `${'a'.repeat(60)}!`;

describe('a tokenizer in a process of its own', () => {
  it('gives what it gives here', async () => {
    const here = buildTokenizer(files({}, '{{ bos_token }}{{ messages[0].content }}'));
    await using(
      files({}, '{{ bos_token }}{{ messages[0].content }}'),
      (there) => {
        const texts = ['', 'Hello world', ' a\n\tb', '你好 😀', '<|begin_of_text|>Hello'];
        for (const text of [...texts, ...texts]) {
          const ids = here.encode(text, bare);
          expect(there.encode(text, bare)).toEqual(ids);
          expect(there.encode(text, { addSpecialTokens: true })).toEqual(here.encode(text, { addSpecialTokens: true }));
          for (const skipSpecialTokens of [true, false]) {
            expect(there.decode(ids, { skipSpecialTokens })).toBe(here.decode(ids, { skipSpecialTokens }));
          }
        }
        const messages = [{ role: 'user', content: 'Hi' }];
        expect(there.renderChat(messages, chat)).toBe(here.renderChat(messages, chat));
        const ids = here.encode('a word', { addSpecialTokens: true });
        expect(there.spell([ids, []])).toEqual(here.spell([ids, []]));
        const { encode, encodeAhead, decode, spell, renderChat, close, ...facts } = there;
        expect(here).toMatchObject(facts);
      },
      TOKENIZER_LIMITS,
    );
  });

  it('whose regular expression backtracks forever is stopped, once and for all', async () => {
    await using(files({ pre_tokenizer: split('(a+)+$') }), (tokenizer) => {
      const message = 'tokenizer.json: encoding a text of 61 characters took longer than 0.3 s — ';
      expect(() => tokenizer.encode(EXPLOSIVE, bare)).toThrow(stopped(message));
      expect(() => tokenizer.encode('b', bare)).toThrow(stopped(message));
    });
    // This process goes on.
    await using(files(), (tokenizer) => expect(tokenizer.encode('Hello', bare)).not.toEqual([]), TOKENIZER_LIMITS);
  });

  it('is stopped in the same way if the text is one of several', async () => {
    await using(files({ pre_tokenizer: split('(a+)+$') }), (tokenizer) => {
      const message = 'tokenizer.json: encoding 2 texts of 62 characters took longer than 0.3 s — ';
      expect(() => tokenizer.encodeAhead?.(['b', EXPLOSIVE])).toThrow(stopped(message));
      expect(() => tokenizer.encode('b', bare)).toThrow(stopped(message));
    });
  });

  it('may be late once, as after a machine was suspended', async () => {
    // Each takes tens of milliseconds: more than no time at all, also where this thread waits for a core, and less than
    // the second that an answer may be late.
    const [first, second] = [18, 19].map((length) => `${'a'.repeat(length)}!`);
    await using(
      files({ pre_tokenizer: split('(a+)+$') }),
      (tokenizer) => {
        expect(tokenizer.encode(first ?? '', bare)).not.toEqual([]);
        expect(() => tokenizer.encode(second ?? '', bare)).toThrow(stopped('took longer than 0 s'));
      },
      { ...SHORT, milliseconds: 0 },
    );
  });

  it('gets no time for what its chat template writes', async () => {
    const template = `${'a'.repeat(100_001)}!`;
    const hostile = files({ pre_tokenizer: split('(a+)+$') }, template);
    await using(
      hostile,
      (tokenizer) => {
        const messages = [{ role: 'user', content: 'Hi' }];
        const text = tokenizer.renderChat(messages, chat);
        expect(text.length).toBeGreaterThan(100_000);
        // A hundredth of a second for each character that it wrote would be a quarter of an hour.
        for (const whole of [text, `${text} yes`, text.slice(0, -1)]) {
          expect(() => tokenizer.encode(whole, bare)).toThrow(/took longer than [0-3](\.\d)? s/);
        }
      },
      { ...SHORT, milliseconds: 2000, millisecondsPerCharacter: 10 },
    );
  });

  it('whose normalizers multiply a text ends alone', async () => {
    const normalizers = [replace('a', 'b'.repeat(100_000)), replace('b', 'cc'), replace('cc', ' d ')];
    const hostile = files({ normalizer: { type: 'Sequence', normalizers } });
    const limits = { ...SHORT, heapMiB: 128 };
    await using(
      hostile,
      (tokenizer) =>
        expect(() => tokenizer.encode(EXPLOSIVE, bare)).toThrow(stopped('encoding a text of 61 characters took')),
      limits,
    );
  });

  it('whose chat template never ends is stopped', async () => {
    const template = `${'{% for a in range(100000) %}'.repeat(5)}${'{% endfor %}'.repeat(5)}`;
    await using(files({}, template), (tokenizer) => {
      const render = () => tokenizer.renderChat([{ role: 'user', content: 'Hi' }], chat);
      expect(render).toThrow(stopped('chats.jsonl:1: the chat template took longer than 0.3 s'));
    });
  });

  it('that fills its memory ends alone', async () => {
    const template =
      '{% set n = namespace(l=[1,2]) %}{% for a in range(40) %}{% set n.l = n.l + n.l %}{% endfor %}{{ n.l }}';
    const limits = { ...TOKENIZER_LIMITS, heapMiB: 64 };
    await using(
      files({}, template),
      (tokenizer) => {
        const render = () => tokenizer.renderChat([{ role: 'user', content: 'Hi' }], chat);
        expect(render).toThrow(stopped('chats.jsonl:1: the chat template took more than 64 MiB of memory'));
        expect(render).toThrow(stopped('took more than 64 MiB'));
      },
      limits,
    );
  });

  it('that cannot be built is refused with the reason', async () => {
    await expect(startTokenizer(files({ pre_tokenizer: split('(') }), TOKENIZER_LIMITS, entries)).rejects.toThrow(
      stopped('tokenizer.json cannot be used: '),
    );
  });

  it('that takes too long to open is stopped', async () => {
    const limits = { ...SHORT, loadMilliseconds: 1 };
    await expect(startTokenizer(files(), limits, entries)).rejects.toThrow(
      stopped('tokenizer.json: loading it took longer than 0 s'),
    );
  });
});

describe('a hostile tokenizer ends as one error in any process', () => {
  const refused = (message: string) =>
    expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) });

  it.each([
    ['a normalizer that is a number', { normalizer: 3 }, 'tokenizer.json cannot be used: '],
    ['a model without a vocabulary', { model: { type: 'BPE' } }, 'tokenizer.json is not a tokenizer: model.vocab: '],
    ['200,000 levels of lists', { decoder: 'NESTED' }, 'tokenizer.json nests deeper than 128 levels'],
  ])('with %s', (_, changes, message) => {
    const { text, ...rest } = files(changes);
    const nested = text.replace('"NESTED"', '['.repeat(200_000));
    expect(() => buildTokenizer({ ...rest, text: nested })).toThrow(refused(message));
  });

  it('whose normalizer makes a text longer than all strings', () => {
    const normalizers = [replace('a', 'b'.repeat(10_000)), replace('b', 'c'.repeat(10_000))];
    const tokenizer = buildTokenizer(files({ normalizer: { type: 'Sequence', normalizers } }));
    expect(() => tokenizer.encode(EXPLOSIVE, bare)).toThrow(
      refused('tokenizer.json cannot encode a text of 61 characters: Invalid string length'),
    );
  });

  it.each([
    ['brackets beyond the stack', `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, 'nests more than 200 levels'],
    ['a macro that calls itself', '{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}', 'fails: Maximum call stack'],
    [
      'a text that doubles',
      "{% set n = namespace(s='ab') %}{% for a in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
      'fails: Invalid string length',
    ],
    ['text that is no longer a prompt', `{{ '${'a'.repeat(300_000)}' }}`, 'writes 300000 characters'],
    ['much text', `{% for a in range(20000) %}${'a'.repeat(1000)}{% endfor %}`, 'writes 20000000 characters'],
  ])('whose chat template has %s', (_, template, message) => {
    const { renderChat } = buildTokenizer(files({}, template));
    expect(() => renderChat([{ role: 'user', content: 'Hi' }], chat)).toThrow(refused(message));
  });
});
