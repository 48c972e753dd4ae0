import { z } from 'zod';
import { anyObject, readPart } from '../read-part.ts';
import { indexVocabulary, type TokenizerModel } from './model.ts';

const wordLevelSchema = z.strictObject({
  type: z.literal('WordLevel').optional(),
  vocab: anyObject,
  unk_token: z.string().default('<unk>'),
});

/** A piece is a token or unknown. */
export function wordLevel(value: unknown): TokenizerModel {
  const { vocab, unk_token } = readPart(wordLevelSchema, value, 'model');
  const { ids, lookUp } = indexVocabulary(vocab);
  return {
    encode(piece) {
      const id = ids.get(piece) ?? ids.get(unk_token);
      if (id === undefined) throw new Error(`no token for ${JSON.stringify(piece)}, and none for unknown ones`);
      return [id];
    },
    ...lookUp,
  };
}

const wordPieceSchema = z.strictObject({
  type: z.literal('WordPiece').optional(),
  vocab: anyObject,
  unk_token: z.string(),
  continuing_subword_prefix: z.string(),
  max_input_chars_per_word: z.int().nonnegative(),
});

/** The longest token at the beginning of a piece, then the longest one that continues it. */
export function wordPiece(value: unknown): TokenizerModel {
  const options = readPart(wordPieceSchema, value, 'model');
  const { unk_token, continuing_subword_prefix, max_input_chars_per_word } = options;
  const { ids, lookUp } = indexVocabulary(options.vocab);
  const unknown = () => {
    const id = ids.get(unk_token);
    if (id === undefined) throw new Error(`no token ${unk_token} for unknown words`);
    return [id];
  };
  return {
    encode(piece) {
      const characters = [...piece];
      if (characters.length > max_input_chars_per_word) return unknown();
      const out: number[] = [];
      for (let start = 0; start < characters.length; ) {
        let end = characters.length;
        let id: number | undefined;
        for (; end > start; end--) {
          const prefix = start > 0 ? continuing_subword_prefix : '';
          id = ids.get(prefix + characters.slice(start, end).join(''));
          if (id !== undefined) break;
        }
        if (id === undefined) return unknown();
        out.push(id);
        start = end;
      }
      return out;
    },
    ...lookUp,
  };
}
