import { bpe } from './bpe.ts';
import type { Model } from './model.ts';
import { unigram } from './unigram.ts';
import { wordLevel, wordPiece } from './word-models.ts';

/**
 * The model of a tokenizer.json. Old files do not name its kind.
 * @throws Error, also one of zod, for one that is not known or has an option that is not
 */
export function readModel(value: Readonly<Record<string, unknown>>): Model {
  switch (value.type ?? kindOf(value)) {
    case 'BPE':
      return bpe(value);
    case 'Unigram':
      return unigram(value);
    case 'WordPiece':
      return wordPiece(value);
    case 'WordLevel':
      return wordLevel(value);
    default:
      throw new Error(`a model of the unknown type ${JSON.stringify(value.type)}`);
  }
}

function kindOf(value: Readonly<Record<string, unknown>>): string {
  if ('merges' in value) return 'BPE';
  if (Array.isArray(value.vocab)) return 'Unigram';
  return 'max_input_chars_per_word' in value ? 'WordPiece' : 'WordLevel';
}
