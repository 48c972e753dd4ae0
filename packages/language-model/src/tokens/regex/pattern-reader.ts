export class PatternReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#position >= this.#text.length;
  }

  /** Does this come next? */
  at(text: string): boolean {
    return this.#text.startsWith(text, this.#position);
  }

  /** Skip this if it comes next. */
  take(text: string): boolean {
    if (!this.at(text)) return false;
    this.#position += text.length;
    return true;
  }

  /** The next character, of one or two UTF-16 units. */
  next(): string {
    const point = this.#text.codePointAt(this.#position);
    if (point === undefined) this.refuse('an end in the middle');
    const character = String.fromCodePoint(point);
    this.#position += character.length;
    return character;
  }

  /** Skip what this expression, which begins with ^, matches here. */
  match(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.#text.slice(this.#position));
    if (found) this.#position += found[0].length;
    return found;
  }

  refuse(what: string): never {
    throw new Error(`the regular expression ${this.#text} has ${what}, which is not supported`);
  }
}
