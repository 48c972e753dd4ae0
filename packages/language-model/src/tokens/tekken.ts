import type { UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { noTokenizer } from './no-tokenizer.ts';
import { bytesToLetters } from './pipeline/byte-letters.ts';
import { plainSpecial } from './special-tokens.ts';

const schema = z.looseObject({
  config: z.looseObject({
    pattern: z.string(),
    default_vocab_size: z.int().positive(),
    default_num_special_tokens: z.int().nonnegative().max(100_000),
    version: z.string().nullish(),
  }),
  vocab: z.array(z.looseObject({ rank: z.int().nonnegative(), token_bytes: z.string() })),
  special_tokens: z.array(z.looseObject({ rank: z.int().nonnegative(), token_str: z.string() })).nullish(),
});

/** Special tokens of files up to version 7, which may omit them (mistral-common 1.13, tokens/tokenizers/tekken.py). */
const SPECIAL_TOKENS =
  `<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CALLS] [IMG] <pad>
  [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_CONTENT]`.split(/\s+/);
const UNLISTED = new Set([undefined, null, 'v1', 'v2', 'v3', 'v7']);

/** Longer than any vocabulary's tokens: a token has as many merges as places to cut it. */
const MOST_BYTES = 1024;

/**
 * Mistral's tekken.json as tokenizer.json and tokenizer_config.json: byte-pair encoding by ranks (as in tiktoken),
 * special tokens first, a BOS before each text. Special tokens in a text are found, as chat templates need.
 * @throws UserError for a file that is not a tekken.json
 */
export function tokenizerOfTekken(
  text: string,
  file: string,
): { readonly text: string; readonly config: Record<string, unknown> } {
  const parsed = validate(schema, parseJson(text, { name: file, hint: HINT }));
  if (!parsed.success) throw damaged(file, `${parsed.issue.path.map(String).join('.')}: ${parsed.issue.message}`);
  const { config, vocab, special_tokens: listed } = parsed.data;
  const special = specialTokens(listed ?? null, config.default_num_special_tokens, config.version, file);
  const size = config.default_vocab_size - special.length;
  if (size < 256 || size > vocab.length) throw damaged(file, `default_vocab_size is ${config.default_vocab_size}`);
  const tokens = vocab.slice(0, size).map(({ rank, token_bytes: bytes }, i) => {
    if (rank !== i) throw damaged(file, `token ${i} has rank ${rank}`);
    return Buffer.from(bytes, 'base64').toString('latin1');
  });
  const ids = new Map(tokens.map((token, i) => [token, i]));
  const longest = tokens.reduce((most, { length }) => Math.max(most, length), 0);
  if (ids.size !== size || ids.has('') || longest > MOST_BYTES) {
    throw damaged(file, 'tokens are empty, too long or not unique');
  }
  const letters = tokens.map((token) => bytesToLetters(Buffer.from(token, 'latin1')));
  const json = {
    added_tokens: special.map((content, id) => ({ id, ...plainSpecial(content) })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: config.pattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { [BOS]: { id: BOS, ids: [special.indexOf(BOS)], tokens: [BOS] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      ignore_merges: true,
      vocab: Object.fromEntries([
        ...special.map((content, id) => [content, id] as const),
        ...letters.map((token, i) => [token, special.length + i] as const),
      ]),
      merges: mergesOf(tokens, ids).map(([left, right]) => [letters[left], letters[right]]),
    },
  };
  const named = { bos_token: BOS, eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' };
  const present = Object.entries(named).filter(([, content]) => special.includes(content));
  return {
    text: JSON.stringify(json),
    config: { tokenizer_class: 'PreTrainedTokenizerFast', ...Object.fromEntries(present) },
  };
}

const BOS = '<s>';
const HINT = 'download it again, or put the tokenizer.json of the model next to it';

/** By id: those without a name are `<SPECIAL_i>`. */
function specialTokens(
  listed: readonly { readonly rank: number; readonly token_str: string }[] | null,
  count: number,
  version: string | null | undefined,
  file: string,
): string[] {
  if (listed === null && !UNLISTED.has(version)) throw damaged(file, 'it has no special tokens');
  const known = listed?.map(({ token_str: content }) => content) ?? SPECIAL_TOKENS;
  if (listed?.some(({ rank }, i) => rank !== i) || known.length > count) {
    throw damaged(file, 'special tokens are not in order');
  }
  const all = Array.from({ length: count }, (_, id) => known[id] ?? `<SPECIAL_${id}>`);
  if (new Set(all).size !== count || !all.includes(BOS)) {
    throw damaged(file, 'special tokens are not unique, or <s> is missing');
  }
  return all;
}

/** Each token as every pair of tokens that it can be cut into, in rank order. */
function mergesOf(tokens: readonly string[], ids: ReadonlyMap<string, number>): (readonly [number, number])[] {
  return tokens.flatMap((token) => {
    const cuts: (readonly [number, number])[] = [];
    for (let i = 1; i < token.length; i += 1) {
      const [left, right] = [ids.get(token.slice(0, i)), ids.get(token.slice(i))];
      if (left !== undefined && right !== undefined) cuts.push([left, right]);
    }
    return cuts.sort(([a, b], [c, d]) => a - c || b - d);
  });
}

const damaged = (file: string, what: string): UserError =>
  noTokenizer(`${file} is not a tokenizer of Mistral: ${what}`, HINT);
