import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Pair, Phrasing, ProbeFamily } from './family.ts';
import { csv, inverse, json, prose, twoHop } from './records/forms.ts';
import { drawNotes, type Notes } from './records/notes.ts';

const FORMS: Readonly<Record<string, (notes: Notes) => Phrasing>> = { json, csv, inverse, 'two-hop': twoHop };

function twinOf(notes: Notes, template: string): Phrasing {
  const form = FORMS[template];
  if (form === undefined) throw new Error(`unknown twin template ${template}`);
  return form(notes);
}

/** Five invented people in the prompt, and a question about one of them: recall from the context. */
export const records: ProbeFamily = {
  name: 'records',
  capability: 'recall',
  levels: [
    {
      summary: 'five people',
      twins: [
        { name: 'json', kind: 'format' },
        { name: 'csv', kind: 'format' },
        { name: 'inverse', kind: 'format' },
        { name: 'two-hop', kind: 'format' },
      ],
    },
  ],
  draw(random: Random, templates) {
    const seen = new Set<string>();
    return templates.map((template): Pair => {
      const notes = drawNew(
        seen,
        () => drawNotes(random),
        (drawn) => prose(drawn).prompt,
      );
      return { benchmark: prose(notes), twin: twinOf(notes, template) };
    });
  },
};
