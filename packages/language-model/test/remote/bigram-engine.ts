import type { Continuation, Engine, Prompt, Sequence, SequenceScore } from '@shadow-gate/language-model/engine';
import type { ServedTokenizer } from './completions-server.ts';

const PIECES = ['<s>', 'The', ' cat', ' sat', ' dog', '.', '😀', ' cats', ' '] as const;
export type Piece = (typeof PIECES)[number];

export function id(piece: Piece): number {
  return PIECES.indexOf(piece);
}

export function ids(...pieces: Piece[]): number[] {
  return pieces.map(id);
}

/** Likely next pieces with their probabilities; the other pieces share the rest. */
const LIKELY: Readonly<Record<Piece, readonly (readonly [Piece, number])[]>> = {
  '<s>': [['The', 1 / 2]],
  The: [[' cat', 1 / 2]],
  ' cat': [[' sat', 1 / 2]],
  // A tie.
  ' sat': [
    ['.', 3 / 8],
    ['😀', 3 / 8],
  ],
  ' dog': [[' sat', 1 / 2]],
  '.': [['<s>', 1 / 2]],
  '😀': [['.', 1 / 2]],
  ' cats': [['.', 1 / 2]],
  ' ': [['The', 1 / 2]],
};

/** log p(next | previous), which is easy to calculate by hand. */
export function logprob(previous: number, next: number): number {
  const likely = LIKELY[PIECES[previous] ?? '<s>'];
  const found = likely.find(([piece]) => id(piece) === next);
  if (found) return Math.log(found[1]);
  const left = 1 - likely.reduce((sum, [, probability]) => sum + probability, 0);
  return Math.log(left / (PIECES.length - likely.length));
}

function likeliest(previous: number): number {
  const [first] = LIKELY[PIECES[previous] ?? '<s>'];
  return first ? id(first[0]) : 0;
}

/** A model in which only the last token counts. */
export class BigramEngine implements Engine {
  readonly maxLength = 64;

  async score(sequences: readonly Sequence[]): Promise<SequenceScore[]> {
    return sequences.map(({ context, continuation }) => {
      const previous = [context.at(-1) ?? 0, ...continuation];
      const tokenLogprobs = continuation.map((token, i) => logprob(previous[i] ?? 0, token));
      const greedy = tokenLogprobs.every((value, i) => {
        const before = previous[i] ?? 0;
        return value === logprob(before, likeliest(before));
      });
      return { tokenLogprobs, greedy };
    });
  }

  async generate(prompts: readonly Prompt[]): Promise<Continuation[]> {
    return prompts.map(({ tokens, maxNewTokens, stopTokens, isDone }) => {
      const made: number[] = [];
      while (made.length < maxNewTokens) {
        const token = likeliest(made.at(-1) ?? tokens.at(-1) ?? 0);
        made.push(token);
        if (stopTokens.has(token) || isDone?.(made)) return { tokens: made, finish: 'stop' };
      }
      return { tokens: made, finish: 'length' };
    });
  }

  async close(): Promise<void> {}
}

/** The longest piece that fits, from the left. */
export const bigramTokenizer: ServedTokenizer = {
  encode(text) {
    const tokens: number[] = [];
    for (let at = 0; at < text.length; ) {
      const fitting = PIECES.filter((piece) => text.startsWith(piece, at));
      const [longest] = fitting.sort((a, b) => b.length - a.length);
      if (longest === undefined) throw new RangeError(`no piece for ${JSON.stringify(text.slice(at))}`);
      tokens.push(id(longest));
      at += longest.length;
    }
    return tokens;
  },
  decode: (tokens) => tokens.map((token) => PIECES[token] ?? '').join(''),
  bos: id('<s>'),
};
