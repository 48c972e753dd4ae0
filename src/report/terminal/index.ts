export { renderCalibration } from './calibration.ts';
export { phraseLine } from './phrase.ts';
export { renderItems, renderSuites } from './probe-items.ts';
export { renderTerminal } from './report.ts';
export { renderShort } from './short-report.ts';
export { renderSpectra, renderUnmeasured } from './spectra.ts';
export type { TerminalOptions } from './table.ts';
export { renderVerdict } from './verdict.ts';
export { wrap, wrapCommand } from './wrap.ts';
