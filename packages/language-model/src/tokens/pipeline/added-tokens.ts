import { contains } from '../unicode/code-points.ts';
import { rustWord, whiteSpace } from '../unicode/properties.ts';

/** A token that is matched whole in a text, before all else. */
export interface AddedToken {
  readonly content: string;
  readonly special: boolean;
  /** Is it matched in the normalized text, and normalized for that? */
  readonly normalized: boolean;
  /** It is not matched next to a letter. */
  readonly single_word: boolean;
  /** It takes the white space before it, or behind it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A part of a text: an added token, or what is between them. */
type TokenSection = { readonly id: number } | { readonly start: number; readonly end: number };

interface Node {
  readonly children: Map<string, Node>;
  token: AddedToken | null;
}

/**
 * The added tokens of a tokenizer, in the order in which they were added: the Rust library gives them their ids itself.
 */
export class AddedTokens {
  readonly #idInModel: (token: string) => number | undefined;
  readonly #modelSize: number;
  readonly #ids = new Map<string, number>();
  readonly #current = new Map<string, AddedToken>();
  readonly #specials = new Set<string>();

  constructor(model: { idOf(token: string): number | undefined; readonly size: number }) {
    this.#idInModel = (token) => model.idOf(token);
    this.#modelSize = model.size;
  }

  /** An id that is stated somewhere plays no role: it is that of the vocabulary, or the next that is free. */
  add(token: AddedToken): void {
    const { content } = token;
    const known = this.#current.get(content);
    if (content === '' || (known && same(known, token))) return;
    const id = this.#ids.get(content) ?? this.#idInModel(content) ?? this.#nextId();
    this.#ids.set(content, id);
    this.#current.set(content, token);
    if (token.special) this.#specials.add(content);
  }

  idOf(content: string): number | undefined {
    return this.#ids.get(content) ?? this.#idInModel(content);
  }

  /** The token of this content, if it was added. */
  get(content: string): AddedToken | undefined {
    return this.#current.get(content);
  }

  isSpecial(content: string): boolean {
    return this.#specials.has(content);
  }

  /** A token in a decoded text: one that is matched in normalized text is normalized here too. */
  contents(normalize: (text: string) => string): ReadonlyMap<number, string> {
    return new Map(
      [...this.#ids].map(([content, id]) => [
        id,
        this.#current.get(content)?.normalized ? normalize(content) : content,
      ]),
    );
  }

  /**
   * Two finders: one for texts as they are, one for normalized texts.
   * @param normalize what happens to a text between the two
   */
  finders(normalize: (text: string) => string): readonly [raw: TokenFinder, normalized: TokenFinder] {
    const entries = (normalized: boolean) =>
      [...this.#current.values()]
        .filter((token) => token.normalized === normalized)
        .map((token) => ({ pattern: normalized ? normalize(token.content) : token.content, token }));
    const idOf = (content: string) => this.#ids.get(content) ?? 0;
    return [new TokenFinder(entries(false), idOf), new TokenFinder(entries(true), idOf)];
  }

  #nextId(): number {
    const last = Math.max(-1, ...this.#ids.values());
    return Math.max(this.#modelSize, last + 1);
  }
}

function same(a: AddedToken, b: AddedToken): boolean {
  return (
    a.special === b.special &&
    a.normalized === b.normalized &&
    a.single_word === b.single_word &&
    a.lstrip === b.lstrip &&
    a.rstrip === b.rstrip
  );
}

/** Finds tokens in a text: the leftmost, and the longest of several. */
class TokenFinder {
  readonly #root: Node = { children: new Map(), token: null };
  readonly #idOf: (content: string) => number;

  constructor(
    entries: ReadonlyArray<{ readonly pattern: string; readonly token: AddedToken }>,
    idOf: (content: string) => number,
  ) {
    this.#idOf = idOf;
    for (const { pattern, token } of entries) {
      if (pattern === '')
        throw new Error(`the added token ${JSON.stringify(token.content)}, of which normalizing leaves nothing`);
      let node = this.#root;
      for (const unit of pattern.split('')) {
        const child = node.children.get(unit) ?? { children: new Map(), token: null };
        node.children.set(unit, child);
        node = child;
      }
      if (node.token && node.token.content !== token.content) {
        throw new Error(`the added tokens ${node.token.content} and ${token.content}, which are one once normalized`);
      }
      if (node !== this.#root) node.token = token;
    }
  }

  cut(text: string): TokenSection[] {
    const out: TokenSection[] = [];
    let behind = 0;
    for (let i = 0; i < text.length; ) {
      const found = this.#longestAt(text, i);
      if (!found) {
        i++;
        continue;
      }
      const { token, end } = found;
      const start = i;
      i = end;
      if (token.single_word && (endsWithWord(text, start) || startsWithWord(text, end))) continue;
      const from = token.lstrip ? Math.max(behind, spaceBefore(text, start)) : start;
      const to = token.rstrip ? spaceBehind(text, end) : end;
      if (from > to)
        throw new Error(`${JSON.stringify(token.content)} in the white space that the token before it takes`);
      if (behind < from) out.push({ start: behind, end: from });
      // Nothing is left of one that is white space, and that the token before it has taken.
      if (from < to) out.push({ id: this.#idOf(token.content) });
      behind = to;
    }
    if (behind < text.length) out.push({ start: behind, end: text.length });
    return out;
  }

  #longestAt(text: string, start: number): { readonly token: AddedToken; readonly end: number } | null {
    let best: { readonly token: AddedToken; readonly end: number } | null = null;
    let node: Node | undefined = this.#root.children.get(text.charAt(start));
    for (let end = start + 1; node; end++) {
      if (node.token) best = { token: node.token, end };
      node = end < text.length ? node.children.get(text.charAt(end)) : undefined;
    }
    return best;
  }
}

function startsWithWord(text: string, position: number): boolean {
  const point = text.codePointAt(position);
  return point !== undefined && contains(rustWord(), point);
}

function endsWithWord(text: string, position: number): boolean {
  if (position === 0) return false;
  const low = text.charCodeAt(position - 1);
  const start = low >= 0xdc00 && low <= 0xdfff ? position - 2 : position - 1;
  return startsWithWord(text, start);
}

function spaceBefore(text: string, position: number): number {
  let start = position;
  while (start > 0 && contains(whiteSpace(), text.charCodeAt(start - 1))) start--;
  return start;
}

function spaceBehind(text: string, position: number): number {
  let end = position;
  while (end < text.length && contains(whiteSpace(), text.charCodeAt(end))) end++;
  return end;
}
