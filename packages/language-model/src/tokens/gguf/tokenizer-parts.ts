import { UserError } from '@shadow-gate/platform';
import { withinLimits } from '../within-limits.ts';
import { mergesOfScores } from './merges-of-scores.ts';
import { PRE_TOKENIZERS, type Splitting } from './pre-tokenizers.ts';
import { type GgufVocabulary, isToken, TOKEN_TYPES } from './vocabulary.ts';

type Json = Readonly<Record<string, unknown>>;

/** The parts of a tokenizer.json that follow from the kind of a vocabulary, and what is put around a text. */
export interface TokenizerParts {
  readonly model: Json;
  readonly normalizer: Json | null;
  readonly pre_tokenizer: Json | null;
  readonly decoder: Json;
  /** The tokens by their ids, as tokenizer.json spells them. */
  readonly tokens: readonly string[];
  readonly addBos: boolean;
}

const SPACE = '▁';
const REPLACE_SPACES: Json = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };

/**
 * The parts of the model's tokenizer.json that a GGUF file does not carry.
 * @throws UserError, by name, for a kind of tokenizer or of splitting that is not known
 */
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

/** Is the kind of a tokenizer known, and how it splits texts? */
export function isKnownKind({ model, pre }: Pick<GgufVocabulary, 'model' | 'pre'>): boolean {
  return model === 'llama' || model === 'gemma4' || (model === 'gpt2' && pre !== null && PRE_TOKENIZERS.has(pre));
}

/** Is the BOS that the file names none of its tokenizer? */
export function isWithoutBos({ model, pre, addBos }: GgufVocabulary): boolean {
  return model === 'gpt2' && addBos !== true && PRE_TOKENIZERS.get(pre ?? '')?.withoutBos === true;
}

function byteLevel(vocabulary: GgufVocabulary): TokenizerParts {
  const splitting = splittingOf(vocabulary);
  const { normalizer, pre_tokenizer, ignoreMerges = false, addsBos = false } = splitting;
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
  // Old converters wrote no name; "default" is what current ones write for SentencePiece, which splits nothing.
  if (pre === null || pre === 'default') {
    throw unknown(file, `it does not say how its tokenizer splits texts (tokenizer.ggml.pre is ${shown(pre)})`);
  }
  const splitting = PRE_TOKENIZERS.get(pre);
  if (splitting === undefined) throw unknown(file, `tokenizer.ggml.pre ${shown(pre)} is not known`);
  return splitting;
}

/** SentencePiece's BPE: scores in place of merges, spaces written as ▁, and bytes for what has no token. */
function sentencePiece(vocabulary: GgufVocabulary): TokenizerParts {
  const { file, types, scores, merges, architecture } = vocabulary;
  const isGemma = architecture?.startsWith('gemma') === true;
  const tokens = vocabulary.tokens.map((token, id) =>
    types[id] === TOKEN_TYPES.userDefined ? withoutSpaces(token) : token,
  );
  const ids = idsOf(tokens);
  if (Object.keys(ids).length < tokens.filter(isToken).length) {
    throw new UserError(`${file}: two of its tokens are the same with spaces written as ${SPACE}`, RECONVERT, CODE);
  }
  if (merges === null && scores === null)
    throw new UserError(`${file}: its tokenizer has neither scores nor merges`, RECONVERT, CODE);
  // Tokens that are matched as a whole have the score 0 in SentencePiece, and some lowest number in files.
  const scoreOf = (id: number) => (isWholeToken(types[id]) ? 0 : (scores?.[id] ?? 0));
  // By their ids: in an object, numbers would come first.
  const mergeable = () => new Map(tokens.flatMap((token, id) => (isToken(token, id) ? [[token, id] as const] : [])));
  const prefix = vocabulary.addSpacePrefix ?? !isGemma;
  return {
    ...spaced(vocabulary, tokens, {
      ids,
      merges:
        merges === null
          ? withinLimits(`${file} cannot be used`, () => mergesOfScores(mergeable(), scoreOf))
          : statedMerges(vocabulary),
    }),
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, REPLACE_SPACES] }
      : REPLACE_SPACES,
    pre_tokenizer: isGemma ? GEMMA_SPLIT : null,
    decoder: decoderOf({ strip: prefix }),
    addBos: vocabulary.addBos ?? vocabulary.named.bos_token !== undefined,
  };
}

/**
 * Gemma 4 has merges and no scores. The reference adds no BOS, which its chat template writes, whatever the file says.
 */
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

/** It finds nothing behind the normalizer, as in the files of Gemma. */
const GEMMA_SPLIT: Json = { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false };

function spaced(
  { named, types }: GgufVocabulary,
  tokens: readonly string[],
  { ids, merges }: { readonly ids: Json; readonly merges: readonly unknown[] },
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

function decoderOf({ strip }: { readonly strip: boolean }): Json {
  const decoders: Json[] = [
    { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (strip) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  return { type: 'Sequence', decoders };
}

/** Converters write ▁ of tokens that are nothing else as spaces, which no text has once it is normalized. */
function withoutSpaces(token: string): string {
  return /^ +$/.test(token) ? SPACE.repeat(token.length) : token;
}

export function isWholeToken(type: number | undefined): boolean {
  return type === TOKEN_TYPES.control || type === TOKEN_TYPES.userDefined;
}

/** Without tokens that nothing is written with: empty ones, and those that fill places. */
function idsOf(tokens: readonly string[]): Record<string, number> {
  // A token can have the name of a property that all objects have.
  const ids: Record<string, number> = Object.create(null);
  for (const [id, token] of tokens.entries()) if (isToken(token, id)) ids[token] = id;
  return ids;
}

/** `left right`, where a part can begin with a space. */
function statedMerges({ file, merges }: GgufVocabulary): Array<readonly [string, string]> {
  if (merges === null) throw new UserError(`${file}: its tokenizer has no merges`, RECONVERT, CODE);
  return merges.map((merge) => {
    const space = merge.indexOf(' ', 1);
    if (space < 0 || space === merge.length - 1) {
      throw new UserError(`${file}: ${shown(merge.slice(0, 64))} is no merge of two tokens`, RECONVERT, CODE);
    }
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
}

const CODE = { code: 'no-tokenizer' } as const;
const RECONVERT = 'convert the model again with a current release of llama.cpp';

function shown(value: string | null): string {
  return value === null ? 'missing' : JSON.stringify(value);
}

function unknown(file: string, problem: string): UserError {
  return new UserError(
    `${file}: ${problem}`,
    'put the tokenizer.json of the model next to the file, or give token ids',
    CODE,
  );
}
