export { hideError, hideItem, hideLeftOut, hidesTexts, hidingErrors, keyOfMeasured, textKey } from './hidden-texts.ts';
export { packItemTable, unpackItems } from './item-table.ts';
export { measuredItem, measuredSuite } from './measured.ts';
export { CHAT_PARTS, type DrawnText, OWN_TEXT_DRAWN, type OwnText, type OwnTextScores } from './own-text.ts';
export { PLACES, type Place, type Protocol, UNWANTED } from './protocol.ts';
export {
  type AskedPart,
  askedAndGiven,
  factKey,
  itemKey,
  type LeftOutMeasurement,
  leftOutAttributes,
  type MeasuredProbes,
  measuredProbesSchema,
  NOT_RUN_CAUSES,
  type ProbeItemMeasurement,
  type Probes,
  probeItemSchema,
  probesSchema,
  type SuiteMeasurement,
  suiteMeasurementSchema,
} from './schema.ts';
export { LOG_UNIT, type Predictions, surpriseOf, type TextSuiteMeasurement } from './texts.ts';
export { sharesText, withoutQuotes } from './without-quotes.ts';
