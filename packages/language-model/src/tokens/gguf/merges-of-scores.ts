/** Each token is looked up at each place to cut it; a damaged file must not take minutes. Gemma's tokens take 2^21. */
const MAX_WORK = 2 ** 25;

interface Cut {
  readonly left: string;
  readonly right: string;
  /** In characters, not in UTF-16 units. */
  readonly leftLength: number;
  readonly length: number;
}

/**
 * The merges of a SentencePiece BPE vocabulary, which has scores instead: two tokens that make up a third one are
 * merged, best score first. The order is that in which transformers 5.24 (`generate_merges`) writes them into
 * tokenizer.json, which matters for equal scores: longest left part first.
 * @param ids of all mergeable tokens, in order
 * @throws Error if the tokens would take too long
 */
export function mergesOfScores(
  ids: ReadonlyMap<string, number>,
  scoreOf: (id: number) => number,
): Array<readonly [left: string, right: string]> {
  const tokens = [...ids.keys()];
  const scores = Float64Array.from(ids.values(), scoreOf);
  const work = tokens.reduce((sum, token) => sum + token.length * Math.ceil(token.length / 64), 0);
  if (work > MAX_WORK) throw new Error('the tokens are too long to find the merges of their scores');
  const order = Uint32Array.from(tokens.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const merges: Array<readonly [string, string]> = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start] ?? 0];
    const cuts: Cut[] = [];
    for (; end < order.length && scores[order[end] ?? 0] === score; end++) {
      addCuts(tokens[order[end] ?? 0] ?? '', ids, cuts);
    }
    // The cuts of one token are already in this order.
    if (end - start > 1) cuts.sort((a, b) => b.leftLength - a.leftLength || b.length - a.length);
    for (const { left, right } of cuts) merges.push([left, right]);
  }
  return merges;
}

/** Places where both parts of a token are tokens, from its end. */
function addCuts(token: string, ids: ReadonlyMap<string, number>, cuts: Cut[]): void {
  let length = 0;
  for (let i = 0; i < token.length; i++) if (!isSecondUnit(token, i)) length += 1;
  let leftLength = length;
  for (let end = token.length - 1; end > 0; end--) {
    if (isSecondUnit(token, end)) continue;
    leftLength -= 1;
    const right = token.slice(end);
    if (!ids.has(right)) continue;
    const left = token.slice(0, end);
    if (ids.has(left)) cuts.push({ left, right, leftLength, length });
  }
}

function isSecondUnit(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00;
}
