import { capitals } from './capitals.ts';
import { atomicNumbers, symbols } from './elements.ts';
import { events } from './events.ts';
import { continents, rivers } from './geography.ts';
import { gods } from './gods.ts';
import { instruments, polygons, units } from './measures.ts';
import { animals, organs, young } from './nature.ts';
import type { Relation } from './relation.ts';
import { planets, sciences } from './sciences.ts';
import { stateCapitals } from './states.ts';
import { smallTowns, towns } from './towns.ts';
import { authors, composers, painters } from './works.ts';

/** All relations: chosen to be undisputed, and to be true in ten years as well. */
export const RELATIONS: readonly Relation[] = [
  animals,
  atomicNumbers,
  authors,
  capitals,
  composers,
  continents,
  events,
  gods,
  instruments,
  organs,
  painters,
  planets,
  polygons,
  rivers,
  sciences,
  stateCapitals,
  smallTowns,
  symbols,
  towns,
  units,
  young,
];
