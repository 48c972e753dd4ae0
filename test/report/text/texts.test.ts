import { builtinTexts } from '@shadow-gate/probes/texts';
import { describe, expect, it } from 'vitest';
import { probeEvidence } from '../../../src/report/markdown/probe-tables.ts';
import { renderTextSuites } from '../../../src/report/terminal/probe-items.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { textCells, tokenChangeCells, unscoredTexts } from '../../../src/report/text/texts.ts';
import { probeReport, report } from '../fixtures.ts';

const probes = probeReport('notes');
const [scored, leftOut] = probes.comparison.texts;
/** Units stay next to their numbers. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('plain texts in a report', () => {
  it('have their likelihoods per byte, and the change with its standard error', () => {
    expect(scored && textCells(scored).map(plain)).toEqual(['70', '−0.724', '−0.741', '−0.0172 ± 0.0026']);
    expect(leftOut && textCells(leftOut)).toEqual(['0', '—', '—', '—']);
  });

  it('have the numbers of llama.cpp in its units', () => {
    expect(scored?.tokenChanges && tokenChangeCells(scored.tokenChanges).map(plain)).toEqual([
      '3,540',
      '1.0575 ± 0.0041',
      '0.00251 ± 0.00006',
      '−0.110 ± 0.020',
      '1.370 ± 0.040',
      '97.75 ± 0.23',
    ]);
  });

  it('say why some were not scored, in the comment and in a terminal', () => {
    expect(unscoredTexts(probes.comparison.texts)).toHaveLength(1);
    const comment = probeEvidence(probes.comparison).join('\n');
    expect(comment).toContain('Not scored: <code>notes.jsonl</code>');
    expect(comment).toContain('Mean KLD, at least');
    const terminal = renderTerminal(report({ probes }), { color: false, width: 100 });
    expect(terminal).toContain('notes.jsonl was not scored: the server at notes refuses');
    expect(plain(terminal)).toContain('−0.0172 ± 0.0026');
  });

  it('are listed with how many of a file are scored', () => {
    const suite = builtinTexts(1, { isListed: true });
    expect(renderTextSuites([suite, { ...suite, name: 'a.txt', size: 1200 }])).toBe(
      'builtin-texts: 139 plain texts, which are scored and not asked\n' +
        'a.txt: 139 of 1,200 plain texts, which are scored and not asked',
    );
  });
});
