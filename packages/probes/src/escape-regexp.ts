/** A text as a part of a regular expression that finds it, with the flag `u` too. */
export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
