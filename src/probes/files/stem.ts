/** A blank at the end, to be filled in: `is called ______.` */
const BLANK = /_{2,}\s?[.?!]?$/;
/** Looked for no further from the end: a search that starts at each of a million underscores takes hours. */
const LONGEST_BLANK = 100;

/** Words that a sentence cannot end with: what follows one is its end. */
const OPEN_END =
  /(^|[\s(])(is|are|was|were|be|been|being|a|an|a\(n\)|the|of|to|in|on|at|by|as|for|from|with|into|about|approximately|than|then|when|because|that|it|called|termed|EXCEPT|except)$|[\p{L}”"’')],$/u;

/**
 * Beginnings of what is a question or a task, even if a word at its end looks open: "What is it called", "Name one of
 * the".
 */
const WHOLE =
  /^(what|which|who|whom|whose|why|how|is|are|was|were|do|does|did|can|could|should|would|will|find|write|solve|name|choose|select|identify|give|fill)\b/i;

/**
 * The beginning of a sentence that the right choice ends ("The process is called"), without the blank at its end; null
 * for a question, a task, and what may be either.
 */
export function stemOf(question: string): string | null {
  const start = Math.max(0, question.length - LONGEST_BLANK);
  const stem = (question.slice(0, start) + question.slice(start).replace(BLANK, '')).trimEnd();
  if (stem === '' || stem.includes('__')) return null;
  const last = stem.split(/(?<=[.?!:])\s+|\n+/).at(-1) ?? '';
  if (WHOLE.test(last)) return null;
  return stem !== question || OPEN_END.test(stem) ? stem : null;
}
