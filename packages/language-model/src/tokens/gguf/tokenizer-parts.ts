import type { UserError } from '@shadow-gate/platform';
import { noTokenizer } from '../no-tokenizer.ts';
import type { JsonObject } from '../read-part.ts';
import { withinLimits } from '../within-limits.ts';
import { mergesOfScores } from './merges-of-scores.ts';
import { PRE_TOKENIZERS, type Splitting } from './pre-tokenizers.ts';
import { damagedGguf, type GgufVocabulary, isToken, TOKEN_TYPES } from './vocabulary.ts';

/** The parts of a tokenizer.json that follow from the kind of a vocabulary, and whether a BOS is added. */
export interface TokenizerParts {
  readonly model: JsonObject;
  readonly normalizer: JsonObject | null;
  readonly pre_tokenizer: JsonObject | null;
  readonly decoder: JsonObject;
  /** The tokens by id, as tokenizer.json spells them. */
  readonly tokens: readonly string[];
  readonly addBos: boolean;
}

const SPACE = '▁';
const REPLACE_SPACES: JsonObject = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };

/** The parts of tokenizer.json that a GGUF file lacks. @throws UserError for an unknown kind or splitting */
export function tokenizerParts(vocabulary: GgufVocabulary): TokenizerParts {
  switch (vocabulary.model) {
    case 'gpt2':
      return byteLevel(vocabulary);
    case 'llama':
      return sentencePiece(vocabulary);
    case 'gemma4':
      return gemma4(vocabulary);
    default:
      throw unknown(
        vocabulary.file,
        `its kind of tokenizer, tokenizer.ggml.model ${shown(vocabulary.model)}, is not read`,
      );
  }
}

/** Are the kind of a tokenizer and its splitting known? */
export function isKnownKind({ model, pre }: Pick<GgufVocabulary, 'model' | 'pre'>): boolean {
  return model === 'llama' || model === 'gemma4' || (model === 'gpt2' && pre !== null && PRE_TOKENIZERS.has(pre));
}

/** Does the file name a BOS that is not one of its tokenizer? */
export function isWithoutBos({ model, pre, addBos }: GgufVocabulary): boolean {
  return model === 'gpt2' && addBos !== true && PRE_TOKENIZERS.get(pre ?? '')?.withoutBos === true;
}

function byteLevel(vocabulary: GgufVocabulary): TokenizerParts {
  const { normalizer = null, pre_tokenizer, ignoreMerges = false, addsBos = false } = splittingOf(vocabulary);
  const { tokens } = vocabulary;
  return {
    model: {
      type: 'BPE',
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges,
      vocab: idsOf(tokens),
      merges: statedMerges(vocabulary),
    },
    normalizer,
    pre_tokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    tokens,
    addBos: vocabulary.addBos ?? (addsBos && vocabulary.named.bos_token !== undefined),
  };
}

function splittingOf({ file, pre }: GgufVocabulary): Splitting {
  // Old converters wrote no name; current ones write "default" for SentencePiece, which splits nothing.
  if (pre === null || pre === 'default') {
    throw unknown(file, `it does not say how its tokenizer splits texts (tokenizer.ggml.pre is ${shown(pre)})`);
  }
  const splitting = PRE_TOKENIZERS.get(pre);
  if (splitting === undefined) throw unknown(file, `tokenizer.ggml.pre ${shown(pre)} is not known`);
  return splitting;
}

/** SentencePiece's BPE: scores in place of merges, ▁ for spaces, and bytes for text without a token. */
function sentencePiece(vocabulary: GgufVocabulary): TokenizerParts {
  const { file, types, scores, merges, architecture } = vocabulary;
  const isGemma = architecture?.startsWith('gemma') === true;
  const tokens = vocabulary.tokens.map((token, id) =>
    types[id] === TOKEN_TYPES.userDefined ? withoutSpaces(token) : token,
  );
  const ids = idsOf(tokens);
  if (Object.keys(ids).length < tokens.filter(isToken).length) {
    throw damagedGguf(file, `two of its tokens are the same with spaces written as ${SPACE}`);
  }
  if (merges === null && scores === null) throw damagedGguf(file, 'its tokenizer has neither scores nor merges');
  // Tokens that are matched as a whole have the score 0 in SentencePiece, and some lowest number in files.
  const scoreOf = (id: number) => (isWholeToken(types[id]) ? 0 : (scores?.[id] ?? 0));
  // A map, because objects would put numeric tokens first.
  const mergeable = () => new Map(tokens.flatMap((token, id) => (isToken(token, id) ? [[token, id] as const] : [])));
  const prefix = vocabulary.addSpacePrefix ?? !isGemma;
  const scoredMerges = () => withinLimits(`${file} cannot be used`, () => mergesOfScores(mergeable(), scoreOf));
  return {
    ...spaced(vocabulary, tokens, { ids, merges: merges === null ? scoredMerges() : statedMerges(vocabulary) }),
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, REPLACE_SPACES] }
      : REPLACE_SPACES,
    pre_tokenizer: isGemma ? GEMMA_SPLIT : null,
    decoder: decoderOf({ strip: prefix }),
    addBos: vocabulary.addBos ?? vocabulary.named.bos_token !== undefined,
  };
}

/** Gemma 4 has merges and no scores. Whatever the file says, no BOS is added: the chat template writes it. */
function gemma4(vocabulary: GgufVocabulary): TokenizerParts {
  const tokens = vocabulary.tokens.map(withoutSpaces);
  return {
    ...spaced(vocabulary, tokens, { ids: idsOf(tokens), merges: statedMerges(vocabulary) }),
    normalizer: REPLACE_SPACES,
    pre_tokenizer: GEMMA_SPLIT,
    decoder: decoderOf({ strip: false }),
    addBos: false,
  };
}

/** It finds nothing after the normalizer, as in Gemma's own files. */
const GEMMA_SPLIT: JsonObject = {
  type: 'Split',
  pattern: { String: ' ' },
  behavior: 'MergedWithPrevious',
  invert: false,
};

function spaced(
  { named, types }: GgufVocabulary,
  tokens: readonly string[],
  { ids, merges }: { readonly ids: JsonObject; readonly merges: readonly unknown[] },
): Pick<TokenizerParts, 'model' | 'tokens'> {
  const unknownId = named.unk_token;
  return {
    model: {
      type: 'BPE',
      unk_token: unknownId === undefined ? null : (tokens[unknownId] ?? null),
      fuse_unk: true,
      byte_fallback: types.includes(TOKEN_TYPES.byte),
      ignore_merges: false,
      vocab: ids,
      merges,
    },
    tokens,
  };
}

function decoderOf({ strip }: { readonly strip: boolean }): JsonObject {
  const decoders: JsonObject[] = [
    { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (strip) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  return { type: 'Sequence', decoders };
}

/** Tokens of nothing but ▁: converters write them as spaces, which no normalized text has. */
function withoutSpaces(token: string): string {
  return /^ +$/.test(token) ? SPACE.repeat(token.length) : token;
}

export function isWholeToken(type: number | undefined): boolean {
  return type === TOKEN_TYPES.control || type === TOKEN_TYPES.userDefined;
}

/** Without padding ids. */
function idsOf(tokens: readonly string[]): Record<string, number> {
  // A token can have the name of a property that all objects have.
  const ids: Record<string, number> = Object.create(null);
  for (const [id, token] of tokens.entries()) if (isToken(token, id)) ids[token] = id;
  return ids;
}

/** `left right`; a part can begin with a space. */
function statedMerges({ file, merges }: GgufVocabulary): Array<readonly [string, string]> {
  if (merges === null) throw damagedGguf(file, 'its tokenizer has no merges');
  return merges.map((merge) => {
    const space = merge.indexOf(' ', 1);
    if (space < 0 || space === merge.length - 1) {
      throw damagedGguf(file, `${shown(merge.slice(0, 64))} is no merge of two tokens`);
    }
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
}

function shown(value: string | null): string {
  return value === null ? 'missing' : JSON.stringify(value);
}

const unknown = (file: string, problem: string): UserError =>
  noTokenizer(`${file}: ${problem}`, 'put the tokenizer.json of the model next to the file, or give token ids');
