/** A whole or decimal number, with or without thousands separators and a sign. */
const NUMBER = /[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-−+]?\.\d+/u;
const WHOLE_NUMBER = new RegExp(`^(?:${NUMBER.source})$`, 'u');
/** How GSM8K marks the final answer. */
const FINAL = '####';

/**
 * Is this generated text the target? What is compared, on both sides:
 *
 * - of a text with `####`, what stands behind it; else the first line that is not blank;
 * - where the target is a number, the first number in that, by value: `$1,200.00` is `1200`;
 * - else the text in NFKC and lower case, without quotes and full stops at its ends, its spaces made one.
 */
export function isExactMatch(generated: string, target: string): boolean {
  const wanted = numberOf(target.trim().replace(/^[$€£]\s*/u, ''), WHOLE_NUMBER);
  const said = finalAnswer(generated);
  if (wanted !== null) return numberOf(said, NUMBER) === wanted;
  return plain(said) === plain(target);
}

/** The part of a generated text that is taken for the answer. */
export function finalAnswer(text: string): string {
  const at = text.indexOf(FINAL);
  const rest = at < 0 ? text : text.slice(at + FINAL.length);
  return (rest.split('\n').find((line) => line.trim() !== '') ?? '').trim();
}

function numberOf(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)?.[0];
  return found === undefined ? null : Number(found.replaceAll(',', '').replace('−', '-'));
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/^[\s"'“”‘’.]+|[\s"'“”‘’.]+$/gu, '');
}
