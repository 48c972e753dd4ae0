/** The capital of `the Netherlands` is `Amsterdam`. */
export interface Entry {
  /** As in a sentence, with its article. */
  readonly subject: string;
  /** As in a list of options and at the end of a sentence, without an article. */
  readonly object: string;
}

/**
 * Entries of one kind, whose objects are options for one another. Only knowledge tells which is right: symbols of a
 * pool begin with the same letter, years are of one era. Another entry's object is wrong in the world too, and no
 * object begins with another, whose likelihood would include it.
 */
export interface Pool {
  /** From 1: how well known its entries are. */
  readonly level: number;
  readonly entries: readonly Entry[];
}

/** A list and its questions. `{subject}` and `{object}` mark the gaps. */
export interface Relation {
  readonly name: string;
  /** The exam question that asks for the object. */
  readonly question: string;
  /** A sentence that the object completes. */
  readonly cloze: string;
  /** The exam question that asks for the subject; missing if another subject in the world can have the same object. */
  readonly reversed?: string;
  readonly pools: readonly Pool[];
}

export function pool(level: number, table: Readonly<Record<string, string>>): Pool {
  return { level, entries: Object.entries(table).map(([subject, object]) => ({ subject, object })) };
}

export function sharedPool(level: number, table: Readonly<Record<string, readonly string[]>>): Pool {
  const entries = Object.entries(table).flatMap(([object, subjects]) =>
    subjects.map((subject) => ({ subject, object })),
  );
  return { level, entries };
}

/** A subject in a list of options: `octagon` for `an octagon`, `Netherlands` for `the Netherlands`. */
export function asOption(subject: string): string {
  return subject.replace(/^(?:an?|the) /, '');
}

/** Fill the gaps of a sentence. The replacements are functions, since `$` has a meaning in a string. */
export function fill(template: string, { subject, object }: Entry): string {
  return template.replace('{subject}', () => subject).replace('{object}', () => object);
}
