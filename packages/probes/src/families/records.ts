import { NAMES, UNCOMMON_NAMES } from '../words.ts';
import type { ProbeFamily } from './family.ts';
import { familyFrom, type ProbeRecipe, recipe, redrawn, type TwinRecipe } from './recipe.ts';
import { inCsv, inJson, inProse, inverse } from './records/forms.ts';
import { drawNotes, type Notes, type Size } from './records/notes.ts';

const JSON_TWIN: TwinRecipe<Notes> = { name: 'json', kind: 'format', phrase: (_, notes) => inJson(notes) };
const CSV: TwinRecipe<Notes> = { name: 'csv', kind: 'format', phrase: (_, notes) => inCsv(notes) };
const INVERSE: TwinRecipe<Notes> = { name: 'inverse', kind: 'format', phrase: (_, notes) => inverse(notes) };
/** Other people, about whom other things are known. */
const REDRAWN = redrawn((random, { size }: Notes) => drawNotes(random, size, UNCOMMON_NAMES), inProse);

function level(summary: string, size: Size, twins: readonly TwinRecipe<Notes>[]): ProbeRecipe {
  return recipe({ summary, draw: (random) => drawNotes(random, size, NAMES), exam: inProse, twins });
}

/** Invented people in the prompt, and a question about one of them: recall from the context. */
export const records: ProbeFamily = familyFrom('records', 'recall', [
  level('one person, four things', { people: 1, fields: 4, path: 'name', bosses: 0 }, [REDRAWN, JSON_TWIN]),
  level('two people', { people: 2, fields: 2, path: 'name', bosses: 0 }, [REDRAWN, JSON_TWIN]),
  level('four people', { people: 4, fields: 2, path: 'name', bosses: 0 }, [REDRAWN, JSON_TWIN, CSV, INVERSE]),
  level('ten people', { people: 10, fields: 3, path: 'name', bosses: 0 }, [REDRAWN, JSON_TWIN, CSV, INVERSE]),
  level('six people, in two hops', { people: 6, fields: 2, path: 'field', bosses: 0 }, [REDRAWN, JSON_TWIN, CSV]),
  level('eight people and a boss, in three hops', { people: 8, fields: 2, path: 'field', bosses: 1 }, [
    REDRAWN,
    JSON_TWIN,
    CSV,
  ]),
  level('ten people and three bosses, in five hops', { people: 10, fields: 2, path: 'field', bosses: 3 }, [
    REDRAWN,
    JSON_TWIN,
    CSV,
  ]),
]);
