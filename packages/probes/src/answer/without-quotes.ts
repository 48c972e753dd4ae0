/** What stands in place of a text that is not shown. */
const HIDDEN = '(text not shown)';

/**
 * A message without the texts that it quotes, for files whose contents must not be shown: all from the first quotation
 * mark to the last one, or to the ellipsis of a quotation that was cut. Names between them are lost with them.
 */
export function withoutQuotes(message: string): string {
  return message.replace(/".*["…]|".*$/s, HIDDEN);
}

/** Characters in a row that a message and a text do not have in common by chance. */
const SHARED = 16;

/** Whether a message contains a part of one of the texts, with white space as it may be. */
export function sharesText(message: string, texts: Iterable<string>): boolean {
  const own = plain(message);
  const parts = Array.from({ length: Math.max(0, own.length - SHARED + 1) }, (_, i) => own.slice(i, i + SHARED));
  for (const text of texts) {
    const theirs = plain(text);
    if (parts.some((part) => theirs.includes(part))) return true;
  }
  return false;
}

function plain(text: string): string {
  return text.replaceAll(/\\[nrt]|\s+/g, ' ').toLowerCase();
}
