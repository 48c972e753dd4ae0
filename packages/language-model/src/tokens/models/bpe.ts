import { z } from 'zod';
import { anyArray, anyObject, readPart } from '../read-part.ts';
import { type Merges, mergeAll } from './merge-all.ts';
import { indexVocabulary, type TokenizerModel } from './model.ts';

const schema = z.strictObject({
  type: z.literal('BPE').optional(),
  // Random merges would give other tokens each time.
  dropout: z.literal(0).nullish(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  fuse_unk: z.boolean().default(false),
  byte_fallback: z.boolean().default(false),
  ignore_merges: z.boolean().default(false),
  vocab: anyObject,
  merges: anyArray,
});

/** Pieces with remembered tokens: words recur. */
const MAX_REMEMBERED = 20_000;
const MAX_REMEMBERED_LENGTH = 256;

const encoder = new TextEncoder();

/** Byte-pair encoding: merges the pair of neighbors that was learned first, until none is left. */
export function bpe(value: unknown): TokenizerModel {
  const options = readPart(schema, value, 'model');
  const { unk_token, ignore_merges, byte_fallback, fuse_unk } = options;
  const { ids, lookUp } = indexVocabulary(options.vocab);
  const prefix = options.continuing_subword_prefix ?? '';
  const suffix = options.end_of_word_suffix ?? '';
  const merges = readMerges(options.merges, ids, prefix);
  // It may be missing, as long as nothing is unknown.
  const unknown = () => {
    const id = typeof unk_token === 'string' ? ids.get(unk_token) : undefined;
    if (id === undefined) throw new Error(`the vocabulary has no ${unk_token}`);
    return id;
  };

  /** The symbols of a piece: a character without a token becomes bytes, or unknown, or is dropped. */
  const symbolsOf = (piece: string): number[] => {
    const characters = [...piece];
    const out: number[] = [];
    let pending: number | null = null;
    for (const [index, character] of characters.entries()) {
      const start = index === 0 ? '' : prefix;
      const symbol = start + character + (index === characters.length - 1 ? suffix : '');
      const id = ids.get(symbol);
      if (id !== undefined) {
        if (pending !== null) out.push(pending);
        pending = null;
        out.push(id);
        continue;
      }
      const bytes = byte_fallback ? byteTokens(symbol, ids) : null;
      if (bytes) out.push(...bytes);
      else if (typeof unk_token === 'string') {
        if (pending !== null && !fuse_unk) out.push(pending);
        pending = unknown();
      }
    }
    if (pending !== null) out.push(pending);
    return out;
  };

  const remembered = new Map<string, readonly number[]>();
  return {
    encode(piece) {
      const whole = ignore_merges ? ids.get(piece) : undefined;
      if (whole !== undefined) return [whole];
      const known = remembered.get(piece);
      if (known) return known;
      const found = mergeAll(symbolsOf(piece), merges);
      if (piece.length <= MAX_REMEMBERED_LENGTH) {
        if (remembered.size >= MAX_REMEMBERED) remembered.clear();
        remembered.set(piece, found);
      }
      return found;
    },
    ...lookUp,
  };
}

/** `<0x0A>` for each byte; null if a byte has no token. */
export function byteTokens(text: string, ids: ReadonlyMap<string, number>): number[] | null {
  const out: number[] = [];
  for (const byte of encoder.encode(text)) {
    const id = ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    if (id === undefined) return null;
    out.push(id);
  }
  return out;
}

/** @throws Error for a merge with a part outside the vocabulary */
function readMerges(list: readonly unknown[], ids: ReadonlyMap<string, number>, prefix: string): Merges {
  let size = 0;
  for (const id of ids.values()) size = Math.max(size, id + 1);
  const rankOf = new Map<number, number>();
  const results: number[] = [];
  for (const [rank, entry] of list.entries()) {
    const [left, right] = pairOf(entry);
    const a = ids.get(left);
    const b = ids.get(right);
    const result = right.length < prefix.length ? undefined : ids.get(left + right.slice(prefix.length));
    if (a === undefined || b === undefined || result === undefined) {
      throw new Error(`the vocabulary lacks a part of the merge ${JSON.stringify(entry)}`);
    }
    rankOf.set(a * size + b, rank);
    results.push(result);
  }
  return { size, rankOf, results };
}

function pairOf(entry: unknown): readonly [string, string] {
  const pair = typeof entry === 'string' ? entry.split(' ') : entry;
  if (Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && typeof pair[1] === 'string') {
    return [pair[0], pair[1]];
  }
  throw new Error(`${JSON.stringify(entry)} is no merge`);
}
