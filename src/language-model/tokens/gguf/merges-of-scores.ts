/** Each token is looked up at each place where it can be cut; a damaged file must not take minutes. */
const MAX_WORK = 2 ** 27;

type Merge = readonly [left: string, right: string];

/**
 * The merges of a SentencePiece BPE vocabulary, which has scores instead: two tokens that are a third one are merged, that of
 * the best score first. In the order in which transformers 5.24 (`generate_merges`) writes them into tokenizer.json, which
 * matters for equal scores: the one with the longest left part first.
 * @param ids of all tokens that can be merged, in their order
 * @throws Error for tokens that would take too long
 */
export function mergesOfScores(ids: ReadonlyMap<string, number>, scoreOf: (id: number) => number): Merge[] {
  const tokens = [...ids.keys()];
  const scores = Float64Array.from(ids.values(), scoreOf);
  const work = tokens.reduce((sum, token) => sum + token.length * Math.ceil(token.length / 64), 0);
  if (work > MAX_WORK) throw new Error('the tokens of the vocabulary are too long to find its merges');
  const order = Uint32Array.from(tokens.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const merges: Merge[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start] ?? 0];
    const cuts: Merge[] = [];
    for (; end < order.length && scores[order[end] ?? 0] === score; end++)
      addCuts(tokens[order[end] ?? 0] ?? '', ids, cuts);
    // The cuts of one token are in this order already.
    if (end - start > 1) cuts.sort(byLengths);
    for (const cut of cuts) merges.push(cut);
  }
  return merges;
}

/** Where both parts of a token are tokens, from its end on. */
function addCuts(token: string, ids: ReadonlyMap<string, number>, cuts: Merge[]): void {
  for (let end = token.length - 1; end > 0; end--) {
    // Not between the two units of one character.
    const unit = token.charCodeAt(end);
    if (unit >= 0xdc00 && unit <= 0xdfff) continue;
    const right = token.slice(end);
    if (!ids.has(right)) continue;
    const left = token.slice(0, end);
    if (ids.has(left)) cuts.push([left, right]);
  }
}

function byLengths([leftA, rightA]: Merge, [leftB, rightB]: Merge): number {
  return charactersOf(leftB) - charactersOf(leftA) || charactersOf(rightB) - charactersOf(rightA);
}

function charactersOf(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++;
  return count;
}
