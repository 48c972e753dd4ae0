import type { ProbeFamily } from './family.ts';
import { orderingChain } from './orderings/chain.ts';
import { knownOrder } from './orderings/known-order.ts';
import { countedPlaces, neighbors } from './orderings/race.ts';
import { familyFrom } from './recipe.ts';

/** Order: one that everybody knows at the bottom, and one to be inferred from premises about people at the top. */
export const transitiveOrdering: ProbeFamily = familyFrom('transitive-ordering', 'reasoning', [
  knownOrder,
  neighbors,
  countedPlaces,
  orderingChain('four people in a chain', { people: 4, told: 'in order' }),
  orderingChain('five people, premises in any order', { people: 5, told: 'permuted' }),
  orderingChain('seven people, by both directions', { people: 7, told: 'permuted and turned' }),
  orderingChain('ten people, by both directions', { people: 10, told: 'permuted and turned' }),
]);
