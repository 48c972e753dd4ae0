/** Similar words differ in a smaller part of their letters. */
const MOST_CHANGED = 0.3;

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The words of some lines: a list of names that is too long for one. */
export function words(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}

/** The word with the fewest letters to change; null if none is alike. */
export function similarWord(word: string, known: Iterable<string>): string | null {
  let best: { readonly other: string; readonly changed: number } | null = null;
  for (const other of known) {
    const changed = editDistance(word, other) / Math.max(word.length, other.length);
    if (changed <= MOST_CHANGED && changed < (best?.changed ?? 1)) best = { other, changed };
  }
  return best?.other ?? null;
}

/** Letters to insert, delete or replace (Levenshtein 1966). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
