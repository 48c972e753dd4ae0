import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../../test/fixtures.ts';
import { buildTokenizer, type TokenizerFiles } from '../../src/tokens/build-tokenizer.ts';

// Small vocabularies with the parts of released families, and what transformers' AutoTokenizer makes of them
// (packages/language-model/test/fixtures/make_tokenizer_families.py).

type Json = Record<string, unknown>;

interface Vocabulary {
  readonly merges: unknown;
  /** Tokens in the order of their ids, some with their log-probability. */
  readonly vocab: ReadonlyArray<string | readonly [string, number]>;
}

interface Family {
  readonly name: string;
  readonly modelType: string;
  readonly tokenizer: Json & { readonly model: Json & { readonly vocab: { of: string; specials: string[] } } };
  readonly config: Json;
  readonly expected: {
    readonly class: string;
    readonly bos: number | null;
    readonly eos: number | null;
    readonly around: number[];
    readonly cases: ReadonlyArray<{ text: string; ids: number[]; read: string; readPlain: string }>;
  };
}

const { vocabularies, families } = readJson<{
  readonly vocabularies: Readonly<Record<string, Vocabulary>>;
  readonly families: readonly Family[];
}>(fixture('tokenizers', 'families.json'));

/** Families share their vocabularies in the fixture; some have their special tokens before the others. */
function modelOf({ tokenizer: { model } }: Family): Json {
  const { merges = null, vocab = [] } = vocabularies[model.vocab.of] ?? {};
  const { specials } = model.vocab;
  const rest = vocab.filter((entry) => !specials.includes(typeof entry === 'string' ? entry : entry[0]));
  if (model.type === 'Unigram') return { ...model, vocab: [...specials.map((token) => [token, 0]), ...rest] };
  const tokens = [...specials, ...rest];
  return { ...model, merges, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) };
}

function filesOf(family: Family): TokenizerFiles {
  return {
    file: 'tokenizer.json',
    text: JSON.stringify({ ...family.tokenizer, model: modelOf(family) }),
    config: family.config,
    map: null,
    modelType: family.modelType,
    ids: { bosId: null, eosIds: new Set(), prefixTokenId: null },
    chatTemplate: null,
  };
}

describe('the tokenizer of', () => {
  it.each(families.map((family) => [family.name, family] as const))(
    '%s gives the tokens of transformers, and reads them back',
    (_, family) => {
      const tokenizer = buildTokenizer(filesOf(family));
      const { bos, eos, around, cases } = family.expected;
      expect([tokenizer.bosId, tokenizer.eosId]).toEqual([bos, eos]);
      expect([...tokenizer.leading, ...tokenizer.trailing]).toEqual(around);
      for (const { text, ids, read, readPlain } of cases) {
        expect(tokenizer.encode(text, { addSpecialTokens: false }), JSON.stringify(text)).toEqual(ids);
        expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(read);
        expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(readPlain);
      }
    },
  );
});
