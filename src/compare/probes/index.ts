export { leastTwinChange } from '../estimates/accepted-changes.ts';
export { LEAST_FACTS } from '../estimates/kinds.ts';
export { exceeds, reaches } from '../pairing/limits.ts';
export { pairWithItself } from '../pairing/pair.ts';
export { unitsOf } from '../pairing/units.ts';
export type {
  AccuracyRow,
  Both,
  ChangeRow,
  ChurnRow,
  Estimate,
  Exclusion,
  FamilyRow,
  Flip,
  KeptRow,
  KindRow,
  LabelRow,
  LevelRow,
  MemorizationRow,
  ProbeComparison,
  ShadowRow,
} from '../rows/comparison.ts';
export { type ItemTable, MAX_PROMPT, type StoredFact, type StoredItem } from '../rows/item-table.ts';
export type { RefusalRow } from '../rows/refusals.ts';
export type { TextRow, TokenChanges } from '../rows/texts.ts';
export { isOfAllFacts } from '../tests/graded-losses.ts';
export { detectable, factsNeeded, type InstrumentPower, instrumentPower } from '../tests/instrument-power.ts';
export { baselineMemorizedLetters, hasMemorizedLetters } from '../tests/kept-letters.ts';
export { levelsIn } from '../tests/levels.ts';
export { PLANNED_DISCORDANCE, plannedDrop } from '../tests/minimum-detectable-drop.ts';
export { budgetUse, countedFacts } from './enough-facts.ts';
export { evaluateWithoutBaseline } from './evaluation.ts';
