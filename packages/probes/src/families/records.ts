import { NAMES, UNCOMMON_NAMES } from '../words.ts';
import type { ProbeFamily } from './family.ts';
import { type Formats, familyFrom, type ProbeRecipe, recipe } from './recipe.ts';
import { inCsv, inJson, inProse, inverse } from './records/forms.ts';
import { drawNotes, type Notes, type Size } from './records/notes.ts';

const JSON_ONLY = { json: inJson };
const TABLES = { ...JSON_ONLY, csv: inCsv };
const ALL = { ...TABLES, inverse };

function level(summary: string, size: Size, formats: Formats<Notes>): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => drawNotes(random, size, NAMES),
    redraw: (random) => drawNotes(random, size, UNCOMMON_NAMES),
    exam: inProse,
    formats,
  });
}

/** Invented people in the prompt, and a question about one of them: recall from the context. */
export const records: ProbeFamily = familyFrom('records', 'recall', [
  level('one person, four things', { people: 1, fields: 4, path: 'name', bosses: 0 }, JSON_ONLY),
  level('two people', { people: 2, fields: 2, path: 'name', bosses: 0 }, JSON_ONLY),
  level('four people', { people: 4, fields: 2, path: 'name', bosses: 0 }, ALL),
  level('ten people', { people: 10, fields: 3, path: 'name', bosses: 0 }, ALL),
  level('six people, in two hops', { people: 6, fields: 2, path: 'field', bosses: 0 }, TABLES),
  level('eight people and a boss, in three hops', { people: 8, fields: 2, path: 'field', bosses: 1 }, TABLES),
  level('ten people and three bosses, in five hops', { people: 10, fields: 2, path: 'field', bosses: 3 }, TABLES),
]);
