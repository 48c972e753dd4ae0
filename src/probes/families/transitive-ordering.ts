import type { ProbeFamily } from './family.ts';
import { chain } from './orderings/chain.ts';
import { countedPlaces, neighbors, statedPlaces } from './orderings/race.ts';
import { familyFrom } from './recipe.ts';

/** The order of some people: stated at the bottom, and to be inferred from premises at the top. */
export const transitiveOrdering: ProbeFamily = familyFrom({
  name: 'transitive-ordering',
  capability: 'reasoning',
  levels: [
    statedPlaces,
    neighbors,
    countedPlaces,
    chain('four people in a chain', { people: 4, told: 'in order' }),
    chain('five people, premises in any order', { people: 5, told: 'permuted' }),
    chain('seven people, by both directions', { people: 7, told: 'permuted and turned' }),
    chain('ten people, by both directions', { people: 10, told: 'permuted and turned' }),
  ],
});
