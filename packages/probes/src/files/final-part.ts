/** How GSM8K marks the final answer of a solution. */
export const FINAL = '####';

/** The text after the last mark, or all of it, without white space around it. */
export function finalPart(text: string): string {
  const mark = text.lastIndexOf(FINAL);
  return (mark === -1 ? text : text.slice(mark + FINAL.length)).trim();
}
