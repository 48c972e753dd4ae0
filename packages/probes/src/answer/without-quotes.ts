const HIDDEN = '(text not shown)';

/** Removes all from the first quotation mark to the last, or to the ellipsis of a shortened quotation. */
export function withoutQuotes(message: string): string {
  return message.replace(/".*["…]|".*$/s, HIDDEN);
}

/** A message and a text do not share this many consecutive characters by chance. */
const SHARED = 16;

/** Whether a message contains a part of one of the texts, whatever the white space. */
export function sharesText(message: string, texts: readonly string[]): boolean {
  const own = plain(message);
  const parts = Array.from({ length: Math.max(0, own.length - SHARED + 1) }, (_, i) => own.slice(i, i + SHARED));
  return texts.some((text) => {
    const theirs = plain(text);
    return parts.some((part) => theirs.includes(part));
  });
}

function plain(text: string): string {
  return text.replaceAll(/\\[nrt]|\s+/g, ' ').toLowerCase();
}
