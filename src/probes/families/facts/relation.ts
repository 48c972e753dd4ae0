/** One line of a list: `the Netherlands` has `Amsterdam`. */
export interface Fact {
  /** As it stands in a sentence, with its article. */
  readonly subject: string;
  /** As it stands among options and at the end of a sentence, without one. */
  readonly object: string;
}

/**
 * Facts of one kind, whose objects are options for one another. In a pool nothing but knowledge tells the right option:
 * the symbols of one pool begin alike, the years of one pool are of one era. An object of a pool that is not the fact's
 * own is wrong, in the world and not only in the list; and none is the beginning of another, whose likelihood it would
 * contain.
 */
export type Pool = readonly Fact[];

/** What a list is about, and how it is asked. `{subject}` and `{object}` mark the gaps. */
export interface Relation {
  readonly name: string;
  /** The exam question for the object. */
  readonly question: string;
  /** A sentence that the object ends. */
  readonly cloze: string;
  /** The exam question for the subject: only where no other subject in the world has this object. */
  readonly reversed?: string;
  readonly pools: readonly Pool[];
}

/** Of subjects and their objects. */
export function pool(table: Readonly<Record<string, string>>): Pool {
  return Object.entries(table).map(([subject, object]) => ({ subject, object }));
}

/** Of objects that many subjects share. */
export function sharedPool(table: Readonly<Record<string, readonly string[]>>): Pool {
  return Object.entries(table).flatMap(([object, subjects]) => subjects.map((subject) => ({ subject, object })));
}

/** `octagon` of `an octagon`, `Netherlands` of `the Netherlands`: how a subject stands among options. */
export function asOption(subject: string): string {
  return subject.replace(/^(?:an?|the) /, '');
}

/** Sets a fact in a sentence. A function as the replacement: in a string, `$` has a meaning. */
export function fill(template: string, { subject, object }: Fact): string {
  return template.replace('{subject}', () => subject).replace('{object}', () => object);
}
