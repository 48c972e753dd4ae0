import { expect, it } from 'vitest';
import type { ProbeReport } from '../../../src/compare/report.ts';
import { footer } from '../../../src/report/markdown/document.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { probeReport, report } from '../fixtures.ts';

const reportIn = (precision: ProbeReport['precision']) => report({ probes: { ...probeReport(), precision } });

it.each([
  [{ arithmetic: 'float32', weights: 'float32' }, 'cpu · probes in float32 · '],
  [{ arithmetic: 'float32', weights: '16-bit' }, 'cpu · probes in float32, from weights of 16 bits · '],
  [{ arithmetic: '16-bit', weights: '16-bit' }, 'cpu · probes in arithmetic of 16 bits · '],
  [null, 'cpu · probes in a precision that the server does not say · '],
] as const)('a report says in what precision the probes were answered: %j', (precision, words) => {
  expect(footer(reportIn(precision))).toContain(words);
  const terminal = renderTerminal(reportIn(precision), { color: false, width: 500 });
  expect(terminal).toContain(`on ${words.replace(' · ', ', ').replace(' · ', '; weights of both in BF16.')}`);
});

it('a report of a measurement that did not write it down says nothing', () => {
  expect(footer(report({ probes: probeReport() }))).not.toContain('probes in');
});
