import { z } from 'zod';
import { anyArray, readPart } from '../read-part.ts';
import { byteTokens } from './bpe.ts';
import type { TokenizerModel } from './model.ts';

const schema = z.strictObject({
  type: z.literal('Unigram').optional(),
  unk_id: z.int().nonnegative().nullish(),
  vocab: anyArray,
  byte_fallback: z.boolean().default(false),
});

/** An unknown character's log-probability is this much below the least likely token's. */
const UNKNOWN_PENALTY = 10;

interface TrieNode {
  readonly children: Map<string, TrieNode>;
  id: number | null;
}

/** The best way to a position in the text. */
interface Step {
  readonly score: number;
  readonly start: number;
  readonly id: number | null;
}

/** The most likely tokens of a piece (Viterbi), given each token's log-probability. */
export function unigram(value: unknown): TokenizerModel {
  const { vocab, unk_id, byte_fallback } = readPart(schema, value, 'model');
  const entries = vocab.map(entryOf);
  if (entries.length === 0) throw new Error('the vocabulary is empty');
  const unknownId = unk_id ?? null;
  if (unknownId !== null && unknownId >= entries.length) {
    throw new Error(`unk_id ${unknownId} is not in the vocabulary`);
  }
  const ids = new Map(entries.map(([token], id) => [token, id]));
  const root = trieOf(ids);
  const lowest = entries.reduce((least, [, score]) => Math.min(least, score), Number.POSITIVE_INFINITY);
  const scoreOf = (id: number) => entries[id]?.[1] ?? 0;

  const idsOf = (part: string): readonly number[] => {
    const id = ids.get(part);
    if (id !== undefined) return [id];
    const bytes = byte_fallback ? byteTokens(part, ids) : null;
    if (bytes) return bytes;
    if (unknownId === null) throw new Error(`no token for ${JSON.stringify(part)}, and none for unknown ones`);
    return [unknownId];
  };

  return {
    encode(piece) {
      const best = bestSteps(piece, { root, scoreOf, unknownId, unknownScore: lowest - UNKNOWN_PENALTY });
      return partsOf(piece, best, unknownId).flatMap(idsOf);
    },
    idOf: (token) => ids.get(token),
    tokenOf: (id) => entries[id]?.[0],
    size: ids.size,
  };
}

function entryOf(entry: unknown): readonly [token: string, score: number] {
  if (Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && typeof entry[1] === 'number') {
    return [entry[0], entry[1]];
  }
  throw new Error(`${JSON.stringify(entry)} is no token with its log-probability`);
}

function trieOf(ids: ReadonlyMap<string, number>): TrieNode {
  const root: TrieNode = { children: new Map(), id: null };
  for (const [token, id] of ids) {
    let node = root;
    for (const character of token) {
      let child = node.children.get(character);
      if (!child) {
        child = { children: new Map(), id: null };
        node.children.set(character, child);
      }
      node = child;
    }
    if (node !== root) node.id = id;
  }
  return root;
}

interface Lattice {
  readonly root: TrieNode;
  readonly scoreOf: (id: number) => number;
  readonly unknownId: number | null;
  readonly unknownScore: number;
}

function bestSteps(piece: string, { root, scoreOf, unknownId, unknownScore }: Lattice): ReadonlyMap<number, Step> {
  const best = new Map<number, Step>();
  for (let start = 0; start < piece.length; ) {
    const here = best.get(start)?.score ?? 0;
    const offer = (end: number, id: number | null, score: number) => {
      const known = best.get(end);
      if (known && score <= known.score) return;
      if (id === null) throw new Error(`no token for a part of ${JSON.stringify(piece)}, and no unk_id`);
      best.set(end, { score, start, id });
    };
    const width = (piece.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
    let single = false;
    let node: TrieNode | undefined = root;
    for (let end = start; end < piece.length; ) {
      const character = String.fromCodePoint(piece.codePointAt(end) ?? 0);
      node = node.children.get(character);
      if (!node) break;
      end += character.length;
      if (node.id === null) continue;
      offer(end, node.id, scoreOf(node.id) + here);
      single ||= end === start + width;
    }
    if (!single) offer(start + width, unknownId, unknownScore + here);
    start += width;
  }
  return best;
}

/** The parts of the best path; adjacent unknown characters are one part. */
function partsOf(piece: string, best: ReadonlyMap<number, Step>, unknownId: number | null): string[] {
  const out: string[] = [];
  let unknownEnd: number | null = null;
  let end = piece.length;
  while (end > 0) {
    const { start, id } = best.get(end) ?? { start: 0, id: null };
    if (id !== null && id === unknownId) unknownEnd ??= end;
    else {
      if (unknownEnd !== null) out.push(piece.slice(end, unknownEnd));
      unknownEnd = null;
      out.push(piece.slice(start, end));
    }
    end = start;
  }
  if (unknownEnd !== null) out.push(piece.slice(0, unknownEnd));
  return out.reverse();
}
