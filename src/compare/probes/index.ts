export { leastTwinChange } from './accepted-changes.ts';
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
} from './comparison.ts';
export { budgetUse, countedFacts } from './enough-facts.ts';
export { evaluateWithoutBaseline } from './evaluation.ts';
export { isOfAllFacts } from './graded-losses.ts';
export { detectable, factsNeeded, type InstrumentPower, instrumentPower } from './instrument-power.ts';
export { type ItemTable, MAX_PROMPT, type StoredFact, type StoredItem } from './items/table.ts';
export { baselineMemorizedLetters, hasMemorizedLetters } from './kept-letters.ts';
export { LEAST_FACTS } from './kinds.ts';
export { levelsIn } from './levels.ts';
export { exceeds, reaches } from './limits.ts';
export { PLANNED_DISCORDANCE, plannedDrop } from './minimum-detectable-drop.ts';
export { pairWithItself } from './pair.ts';
export type { RefusalRow } from './refusal-row.ts';
export type { TextRow, TokenChanges } from './text-row.ts';
export { unitsOf } from './units.ts';
