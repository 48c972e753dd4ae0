import { describe, expect, it } from 'vitest';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { EVIDENCE_TABLES } from '../../../src/report/sections/evidence.ts';
import { renderTextSuites } from '../../../src/report/terminal/probe-items.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { probeReport, report } from '../fixtures.ts';

const probes = probeReport('notes');
const tables = EVIDENCE_TABLES.map((of) => of(probes));
/** Units stay next to their numbers. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const numbersOf = (title: RegExp) =>
  tables.find((table) => title.test(table.title))?.rows.map((row) => row.slice(1).map((cell) => plain(String(cell))));

describe('plain texts in a report', () => {
  it('have their likelihoods per byte, and the change with its standard error', () => {
    expect(numbersOf(/^Plain texts$/)).toEqual([
      ['70', '−0.724', '−0.741', '−0.0172 ± 0.0026'],
      ['0', '—', '—', '—'],
    ]);
  });

  it('have the numbers of llama.cpp in its units', () => {
    expect(numbersOf(/llama\.cpp/)?.[0]).toEqual([
      '3,540',
      '1.0575 ± 0.0041',
      '0.00251 ± 0.00006',
      '−0.110 ± 0.020',
      '1.370 ± 0.040',
      '97.75 ± 0.23',
    ]);
  });

  it('say why some were not scored, in the comment and in a terminal', () => {
    const comment = renderComment(report({ probes }));
    expect(comment).toContain('Not scored: <code>notes.jsonl</code>');
    expect(comment).toContain('Mean KLD, at least');
    const terminal = renderTerminal(report({ probes }), { color: false, width: 100 });
    expect(terminal).toContain('notes.jsonl was not scored: the server at notes refuses');
    expect(plain(terminal)).toContain('−0.0172 ± 0.0026');
  });

  it('are listed with how many of a file are scored', () => {
    const suite = { name: 'a.txt', digest: '', texts: [{ id: '1', text: 'one' }], size: 1, kept: true };
    expect(renderTextSuites([suite, { ...suite, name: 'b.txt', size: 1200 }])).toBe(
      'a.txt: 1 plain texts, which are scored and not asked\nb.txt: 1 of 1,200 plain texts, which are scored and not asked',
    );
  });
});
