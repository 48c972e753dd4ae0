/**
 * The text of a page with other content between the marks of a part, `<!-- name -->` and `<!-- /name -->`.
 * @throws Error for a page without them
 */
export function withMarkedPart(text: string, part: { readonly page: string; readonly name: string }, content: string) {
  const [open, close] = [`<!-- ${part.name} -->`, `<!-- /${part.name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${part.page} has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}
