import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Family, Pair, Phrasing } from './family.ts';
import { csv, inverse, json, prose, twoHop } from './records/forms.ts';
import { drawNotes, type Notes } from './records/notes.ts';

const FORMS: Readonly<Record<string, (notes: Notes) => Phrasing>> = { json, csv, inverse, 'two-hop': twoHop };

function twinOf(notes: Notes, kind: string): Phrasing {
  const form = FORMS[kind];
  if (form === undefined) throw new Error(`no twin of kind ${kind}`);
  return form(notes);
}

/** Five invented people in the prompt, and a question about one of them: what a model can look up in its context. */
export const records: Family = {
  name: 'records',
  capability: 'recall',
  twins: Object.keys(FORMS),
  draw(random: Random, kinds) {
    const seen = new Set<string>();
    return kinds.map((kind): Pair => {
      const notes = drawNew(
        seen,
        () => drawNotes(random),
        (drawn) => prose(drawn).prompt,
      );
      return { benchmark: prose(notes), twin: twinOf(notes, kind) };
    });
  },
};
