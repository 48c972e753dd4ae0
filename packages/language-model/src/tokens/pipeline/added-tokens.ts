import { contains } from '../unicode/code-points.ts';
import { rustWord, whiteSpace } from '../unicode/properties.ts';

/** A token that is matched as a whole in a text, before all else. */
export interface AddedToken {
  readonly content: string;
  readonly special: boolean;
  /** Is it matched in the normalized text, and normalized for that? */
  readonly normalized: boolean;
  /** Not matched next to a letter. */
  readonly single_word: boolean;
  /** Takes the white space before or after it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A part of a text: an added token, or text between them. */
type TokenSection = { readonly id: number } | { readonly start: number; readonly end: number };

interface Node {
  readonly children: Map<string, Node>;
  token: AddedToken | null;
}

/** The added tokens of a tokenizer, in the order of addition: the Rust library assigns their ids itself. */
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

  /** Stated ids do not matter: a token has its id in the vocabulary, or the next free one. */
  add(token: AddedToken): void {
    const { content } = token;
    const known = this.#current.get(content);
    if (content === '' || (known && signature(known) === signature(token))) return;
    const id = this.#ids.get(content) ?? this.#idInModel(content) ?? this.#nextId();
    this.#ids.set(content, id);
    this.#current.set(content, token);
    if (token.special) this.#specials.add(content);
  }

  idOf(content: string): number | undefined {
    return this.#ids.get(content) ?? this.#idInModel(content);
  }

  isSpecial(content: string): boolean {
    return this.#specials.has(content);
  }

  /** Tokens in a decoded text: those matched in normalized text are normalized here too. */
  contents(normalize: (text: string) => string): ReadonlyMap<number, string> {
    return new Map(
      [...this.#ids].map(([content, id]) => [
        id,
        this.#current.get(content)?.normalized ? normalize(content) : content,
      ]),
    );
  }

  /** Finders for texts as they are, and for normalized texts. @param normalize applied to a text between the two */
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

/** All properties of a token, as a key. */
export function signature({ content, special, normalized, single_word, lstrip, rstrip }: AddedToken): string {
  return JSON.stringify([content, special, normalized, single_word, lstrip, rstrip]);
}

/** Finds tokens in a text: leftmost first, then longest. */
class TokenFinder {
  readonly #root: Node = { children: new Map(), token: null };
  readonly #idOf: (content: string) => number;

  constructor(
    entries: ReadonlyArray<{ readonly pattern: string; readonly token: AddedToken }>,
    idOf: (content: string) => number,
  ) {
    this.#idOf = idOf;
    for (const { pattern, token } of entries) {
      if (pattern === '') {
        throw new Error(`the added token ${JSON.stringify(token.content)}, of which normalizing leaves nothing`);
      }
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
      if (from > to) {
        throw new Error(`${JSON.stringify(token.content)} in the white space that the token before it takes`);
      }
      if (behind < from) out.push({ start: behind, end: from });
      // Nothing is left of a white-space token that the token before it has taken.
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
