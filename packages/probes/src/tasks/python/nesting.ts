/**
 * The deepest nesting of brackets in a text that is not parsed yet, quotes not counted for what they are. Parsers
 * recurse, and a stack that is used up can end the process.
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
