/**
 * Deepest nesting of brackets in a text, quoted ones included. Parsers recurse, and a full stack can end the process.
 */
export function deepestNesting(text: string, open: string, close: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (open.includes(character)) depth += 1;
    else if (close.includes(character)) depth = Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
