import { printable, printableCommand } from '../../escape.ts';
import { type Phrase, renderPhrase } from '../../text/phrase.ts';

/** A phrase as one line for a terminal or a log: foreign parts cannot break it, color it, or start a command. */
export function phraseLine(phrase: Phrase, options: { readonly nameLength?: number } = {}): string {
  return renderPhrase(phrase, (part) => {
    if (part.kind === 'command') return printableCommand(part.text);
    const isForeign = part.kind === 'name' || part.kind === 'prose';
    return isForeign ? printable(part.text, part.length ?? options.nameLength) : part.text;
  });
}
