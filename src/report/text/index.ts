export { controlSentence } from './control.ts';
export { measuredNotes, unverifiedSentence } from './measurement-facts.ts';
export { formatCount, formatEstimate } from './numbers.ts';
export { plain } from './phrase.ts';
export { chosenLevels, decidesSentence, layersSentence, plannedSentence, unusedTemplate } from './probes.ts';
export { shortSha } from './provenance.ts';
export { budgetSentence } from './stops.ts';
export { shareSentence } from './sweep.ts';
