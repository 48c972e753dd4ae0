export abstract class LiteralReader {
  readonly #text: string;
  #at = 0;
  /** Sticky: matches the white space between two parts. */
  protected abstract readonly space: RegExp;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** @returns whether there was any */
  skipSpace(): boolean {
    return this.match(this.space)?.[0] !== '';
  }

  /** Number of characters read. */
  protected get place(): number {
    return this.#at;
  }

  /** The next character, which stays unread; empty at the end. */
  protected get character(): string {
    return this.#text.charAt(this.#at);
  }

  /** The next character; empty at the end. */
  protected next(): string {
    const { character } = this;
    this.#at += 1;
    return character;
  }

  /** The character of a code of that many hexadecimal digits; null if there is none. */
  protected hexCharacter(digits: number): string | null {
    const hex = this.#text.slice(this.#at, this.#at + digits);
    const code = hex.length === digits && /^[\da-f]+$/i.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
    if (!(code <= 0x10_ff_ff)) return null;
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  /** @param pattern sticky */
  protected match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  protected take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}
