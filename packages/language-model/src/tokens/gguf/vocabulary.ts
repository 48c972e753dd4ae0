import type { GgufMetadata } from '@shadow-gate/checkpoints/formats';
import type { UserError } from '@shadow-gate/platform';
import { noTokenizer } from '../no-tokenizer.ts';

/** Kinds of tokens (gguf-py 0.19, constants.py, TokenType). */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
const LAST_TYPE = TOKEN_TYPES.byte;

/** transformers' names of special tokens, with GGUF's keys for their ids. */
const NAMED_IDS = {
  bos_token: 'bos_token_id',
  eos_token: 'eos_token_id',
  unk_token: 'unknown_token_id',
  sep_token: 'seperator_token_id',
  pad_token: 'padding_token_id',
  cls_token: 'cls_token_id',
  mask_token: 'mask_token_id',
} as const;
export type NamedToken = keyof typeof NAMED_IDS;

/** Ends of a turn and of a message to a tool: generation stops at them as at EOS. */
const OTHER_ENDS = ['eot_token_id', 'eom_token_id'];

/** llama.cpp's special tokens for a SentencePiece vocabulary that does not name them. */
const SENTENCEPIECE_IDS = { unk_token: 0, bos_token: 1, eos_token: 2 };

/** More than any vocabulary has: a damaged file is refused before any work on its tokens. */
const MAX_TOKENS = 2 ** 21;
/** Vocabularies have about as many merges as tokens, Gemma's twice as many. */
const MAX_MERGES = 2 ** 22;
/** The longest tokens of known vocabularies, runs of spaces, have 256 bytes. */
const MAX_TOKEN_LENGTH = 8192;

export interface GgufVocabulary {
  /** The path of the file, for errors. */
  readonly file: string;
  /** `tokenizer.ggml.model`: `gpt2` is byte-level BPE, `llama` SentencePiece's BPE. */
  readonly model: string;
  /** `tokenizer.ggml.pre`: names how texts are split. */
  readonly pre: string | null;
  /** `general.architecture`. */
  readonly architecture: string | null;
  readonly tokens: readonly string[];
  /** One of `TOKEN_TYPES` for each token. */
  readonly types: readonly number[];
  readonly scores: readonly number[] | null;
  readonly merges: readonly string[] | null;
  readonly named: Readonly<Partial<Record<NamedToken, number>>>;
  /** Ids in the file: generation ends with any of these. */
  readonly ends: readonly number[];
  /** Null if the file does not say. */
  readonly addBos: boolean | null;
  readonly addEos: boolean | null;
  readonly addSpacePrefix: boolean | null;
}

/** @returns null if the file has no tokenizer @throws UserError for values that do not fit together */
export function readGgufVocabulary(metadata: GgufMetadata): GgufVocabulary | null {
  const { file } = metadata;
  const kind = ggufTokenizerKind(metadata);
  if (kind === null) return null;
  const tokens = readTokens(metadata);
  const named = Object.fromEntries(
    Object.entries(NAMED_IDS).flatMap(([name, id]) => {
      const stated = readId(metadata, id, tokens.length);
      return stated === null ? [] : [[name, stated]];
    }),
  );
  const defaults = Object.entries(kind.model === 'llama' ? SENTENCEPIECE_IDS : {}).filter(
    ([, id]) => id < tokens.length,
  );
  const ends = ['eos_token_id', ...OTHER_ENDS].flatMap((id) => readId(metadata, id, tokens.length) ?? []);
  return {
    file,
    ...kind,
    architecture: metadata.string('general.architecture'),
    tokens,
    types: readTypes(metadata, tokens.length),
    scores: readNumbers(metadata, 'scores', tokens.length),
    merges: readMerges(metadata),
    named: { ...Object.fromEntries(defaults), ...named },
    ends,
    addBos: metadata.boolean(key('add_bos_token')),
    addEos: metadata.boolean(key('add_eos_token')),
    addSpacePrefix: metadata.boolean(key('add_space_prefix')),
  };
}

/** The kind of tokenizer in a file, and how it splits texts; null without a tokenizer. */
export function ggufTokenizerKind(metadata: GgufMetadata): Pick<GgufVocabulary, 'model' | 'pre'> | null {
  const model = metadata.string(key('model'));
  if (model === null || model === 'none' || model === 'no_vocab') return null;
  return { model, pre: metadata.string(key('pre')) };
}

/** False for padding ids: converters leave them empty or name them `[PAD<id>]`. */
export function isToken(token: string, id: number): boolean {
  return token !== '' && token !== `[PAD${id}]`;
}

function key(name: string): string {
  return `tokenizer.ggml.${name}`;
}

/** A file that its converter has to write again. */
export const damagedGguf = (file: string, problem: string): UserError =>
  noTokenizer(`${file}: ${problem}`, 'convert the model again with a current release of llama.cpp');

function readTokens(metadata: GgufMetadata): string[] {
  const { file } = metadata;
  const stored = metadata.get(key('tokens'));
  if (stored?.type === 'array' && stored.length > MAX_TOKENS) {
    throw damagedGguf(file, `a vocabulary of ${stored.length} tokens exceeds the limit of ${MAX_TOKENS}`);
  }
  const tokens = metadata.strings(key('tokens'));
  if (tokens === null || tokens.length === 0) throw damagedGguf(file, 'its tokenizer has no tokens');
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const first = ids.get(token);
    // No text becomes an empty token.
    if (first !== undefined && token !== '') {
      throw damagedGguf(file, `the token ${JSON.stringify(token.slice(0, 64))} is there twice, as ${first} and ${id}`);
    }
    if (token.length > MAX_TOKEN_LENGTH) {
      throw damagedGguf(file, `token ${id} has ${token.length} characters, more than the limit of ${MAX_TOKEN_LENGTH}`);
    }
    ids.set(token, id);
  }
  return tokens;
}

function readTypes(metadata: GgufMetadata, length: number): number[] {
  const types = readNumbers(metadata, 'token_type', length) ?? Array.from({ length }, () => TOKEN_TYPES.normal);
  const other = types.find((type) => !Number.isInteger(type) || type < 0 || type > LAST_TYPE);
  if (other !== undefined) throw damagedGguf(metadata.file, `a token is of the unknown type ${other}`);
  return types;
}

function readMerges(metadata: GgufMetadata): string[] | null {
  const stored = metadata.get(key('merges'));
  if (stored?.type === 'array' && stored.length > MAX_MERGES) {
    throw damagedGguf(metadata.file, `${stored.length} merges exceed the limit of ${MAX_MERGES}`);
  }
  return metadata.strings(key('merges'));
}

function readNumbers(metadata: GgufMetadata, name: string, length: number): number[] | null {
  // Reading makes a list of bytes eight times as large.
  const stored = metadata.get(key(name));
  if (stored?.type === 'array' && stored.length !== length) {
    throw damagedGguf(metadata.file, `${key(name)} has ${stored.length} values for ${length} tokens`);
  }
  const numbers = metadata.numbers(key(name));
  if (numbers === null || numbers.every(Number.isFinite)) return numbers;
  throw damagedGguf(metadata.file, `${key(name)} has a value that is no number`);
}

function readId(metadata: GgufMetadata, name: string, length: number): number | null {
  const id = metadata.number(key(name));
  if (id === null || (Number.isInteger(id) && id >= 0 && id < length)) return id;
  // Converters write these numbers for "none".
  if (id === 2 ** 32 - 1 || id === -1) return null;
  throw damagedGguf(metadata.file, `${key(name)} is ${id}, in a vocabulary of ${length} tokens`);
}
