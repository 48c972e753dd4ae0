import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/compare/report.ts';
import { wrapCommand } from '../../../src/report/render/terminal/wrap.ts';
import { renderShort, renderTerminal } from '../../../src/report/terminal/report.ts';
import { renderVerdict } from '../../../src/report/terminal/verdict.ts';
import { everyFinding } from '../findings.ts';
import { finding, HOSTILE_NAMES, hostileReport, probeReport, report, spiked } from '../fixtures.ts';

const FILE = { kind: 'file', path: 'out/report.html' } as const;
const options = { color: false, width: 80 };

const reports: ReadonlyArray<readonly [string, Report]> = [
  ['a warning', report({ findings: [finding(), spiked('model.layers.2.mlp.up_proj.weight')] })],
  ['a pass', report({ verdict: 'pass', findings: [], probes: probeReport('composition') })],
  ['a check with probes', report({ probes: probeReport('composition') })],
  ...everyFinding('a suite').map(
    (one) =>
      [
        `a finding of kind ${one.kind}`,
        report({ verdict: one.level === 'info' ? 'pass' : one.level, findings: [one], probes: probeReport('facts') }),
      ] as const,
  ),
];

describe('a report in short', () => {
  it.each(reports)('of %s is a screen, with the verdict first and last', (_, one) => {
    const text = renderShort(one, FILE, options);
    const verdict = renderVerdict(one, options);
    expect(text.startsWith(`${verdict}\n\n`)).toBe(true);
    expect(text.endsWith(`\n\n${verdict}`)).toBe(true);
    expect(text.split('\n').length, text).toBeLessThanOrEqual(26);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('says where the details are, and names no file that nobody wrote', () => {
    const [, one] = reports[0] ?? [];
    if (!one) throw new Error('no report');
    expect(renderShort(one, FILE, options)).toContain('details: out/report.html; --verbose prints all tables');
    const unwritten = renderShort(one, { kind: 'option', option: '--out DIR' }, options);
    expect(unwritten).toContain('details: --out DIR writes them; --verbose prints all tables');
    for (const text of [unwritten, renderTerminal(one, options)]) expect(text).not.toContain('report.json');
  });

  it('has the deciding table also where there is no room for its columns', () => {
    for (const width of [40, 50, 60]) {
      const text = renderShort(report({ findings: [finding()], probes: probeReport('x') }), FILE, {
        color: false,
        width,
      });
      expect(text).toContain('0.635 → 0.690');
      expect(text).toContain('▲ MLP ÷ attention ratio');
    }
  });

  it.each(HOSTILE_NAMES.map((name) => [JSON.stringify(name).slice(0, 50), name]))(
    'with the hostile name %s starts no command',
    (_, name) => {
      for (const width of [40, 80, 120]) {
        const text = renderShort(hostileReport(name), { kind: 'file', path: name }, { color: false, width });
        expect(text.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith('::'))).toEqual([]);
        expect(text).not.toContain('##[');
        expect(text.replaceAll('\n', '').replace(/[\u2068\u2069]/g, '')).not.toMatch(/\p{C}/u);
      }
    },
  );
});

it('a command of several lines is for a shell the same command', () => {
  const command = `printf '%s|' --checkpoint 'a folder/it'\\''s here' --reference base --policy x.yml --out .shadow-gate/baseline.json`;
  const whole = execFileSync('sh', ['-c', command], { encoding: 'utf8' });
  for (const width of [20, 40, 80]) {
    const lines = wrapCommand(command, width);
    expect(lines.length).toBeGreaterThan(1);
    expect(execFileSync('sh', ['-c', lines.join('\n')], { encoding: 'utf8' })).toBe(whole);
  }
});
