import { bpe } from '../models/bpe.ts';
import type { TokenizerModel } from '../models/model.ts';
import { unigram } from '../models/unigram.ts';
import { wordLevel, wordPiece } from '../models/word-models.ts';
import { type AddedToken, AddedTokens } from './added-tokens.ts';
import { readDecoder } from './decoders.ts';
import { readNormalizer } from './normalizers.ts';
import { prependsFirst, readPreTokenizer, type TextPiece } from './pre-tokenizers.ts';
import { type Spelling, spell } from './spelling.ts';

/** The parts of a tokenizer.json that decide about tokens, without the special tokens around a text. */
interface PipelineParts {
  readonly model: Readonly<Record<string, unknown>>;
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly decoder: unknown;
  /** In the order of addition, which decides about ids. */
  readonly added: readonly AddedToken[];
}

/** Text to ids and back, like `tokenizers`, the Rust library. */
export interface Pipeline {
  /** @throws Error for a text that cannot be encoded exactly */
  encode(text: string): number[];
  /** Ids without a token have no text. */
  decode(ids: readonly number[], options: { readonly skipSpecialTokens: boolean }): string;
  /** The text of ids by their tokens' names, whatever the decoder does. */
  spell(ids: readonly number[]): string;
  /** The id of an added token, or of one in the vocabulary. */
  idOf(token: string): number | undefined;
}

/** @throws Error, also one of zod, for an unknown part or option */
export function buildPipeline(parts: PipelineParts): Pipeline {
  const model = readModel(parts.model);
  const normalize = readNormalizer(parts.normalizer) ?? ((text: string) => text);
  const preTokenize = readPreTokenizer(parts.pre_tokenizer) ?? ((pieces: readonly TextPiece[]) => pieces);
  const decoder = readDecoder(parts.decoder);
  const added = new AddedTokens(model);
  for (const token of parts.added) added.add(token);
  const [raw, normalized] = added.finders(normalize);
  const contents = added.contents(normalize);
  const plain = added.contents((text) => text);
  const spelling = spellingOf(parts, plain, model.tokenOf);
  // To know what begins where the text begins, the library uses offsets into the text before it was normalized.
  if (prependsFirst(parts.pre_tokenizer) && (parts.normalizer ?? null) !== null) {
    throw new Error('a Metaspace with prepend_scheme first behind a normalizer');
  }

  const encodeBetween = (text: string, first: boolean): number[] => {
    const clean = normalize(text);
    return normalized.cut(clean).flatMap((section) => {
      if ('id' in section) return [section.id];
      const piece = { text: clean.slice(section.start, section.end), first: first && section.start === 0 };
      return preTokenize([piece]).flatMap(({ text: part }) => (part === '' ? [] : model.encode(part)));
    });
  };

  return {
    encode(text) {
      if (/\p{Surrogate}/u.test(text)) throw new Error('half of a surrogate pair');
      return raw.cut(text).flatMap((section) => {
        if ('id' in section) return [section.id];
        return encodeBetween(text.slice(section.start, section.end), section.start === 0);
      });
    },
    decode(ids, { skipSpecialTokens }) {
      const tokens = ids.flatMap((id) => {
        const token = contents.get(id) ?? model.tokenOf(id);
        return token === undefined || (skipSpecialTokens && added.isSpecial(token)) ? [] : [token];
      });
      return decoder(tokens).join('');
    },
    spell: (ids) => spell(ids, spelling),
    idOf: (token) => added.idOf(token),
  };
}

function spellingOf(
  { model, normalizer, pre_tokenizer }: PipelineParts,
  added: ReadonlyMap<number, string>,
  tokenOf: Spelling['tokenOf'],
): Spelling {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    added: (id) => added.get(id),
    tokenOf,
    // The quotes of a string inside a pattern are escaped: only a part can have this.
    byteLetters: JSON.stringify([normalizer, pre_tokenizer]).includes('"type":"ByteLevel"'),
    byteFallback: model.byte_fallback === true,
    prefix: textOf(model.continuing_subword_prefix),
    suffix: textOf(model.end_of_word_suffix),
  };
}

const MODELS: ReadonlyMap<unknown, (value: unknown) => TokenizerModel> = new Map([
  ['BPE', bpe],
  ['Unigram', unigram],
  ['WordPiece', wordPiece],
  ['WordLevel', wordLevel],
]);

/** Old files do not name the kind of their model. @throws Error, also one of zod, for an unknown model or option */
function readModel(value: Readonly<Record<string, unknown>>): TokenizerModel {
  const read = MODELS.get(value.type ?? modelKindOf(value));
  if (read === undefined) throw new Error(`a model of the unknown type ${JSON.stringify(value.type)}`);
  return read(value);
}

function modelKindOf(value: Readonly<Record<string, unknown>>): string {
  if ('merges' in value) return 'BPE';
  if (Array.isArray(value.vocab)) return 'Unigram';
  return 'max_input_chars_per_word' in value ? 'WordPiece' : 'WordLevel';
}
