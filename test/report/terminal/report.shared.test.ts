import { stripVTControlCharacters } from 'node:util';
import { builtinSuite } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { renderSuites } from '../../../src/report/terminal/probe-items.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { renderSpectra } from '../../../src/report/terminal/spectra.ts';
import { calibrationReport } from '../calibration.ts';
import { finding, HOSTILE_NAMES, hostileReport, probeReport, report, spectrum, spiked, tensor } from '../fixtures.ts';

const WIDTHS = [80, 100, 120, 132];
const withSpike = report({
  findings: [finding(), spiked('model.layers.2.mlp.up_proj.weight')],
});

/** Lines that the runner would execute: `::command::` at the start (after blanks), or `##[command]` anywhere. */
const commands = (output: string): string[] =>
  output.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith('::') || line.includes('##['));

describe('renderTerminal', () => {
  it.each(WIDTHS)('a report fits into a terminal of %i columns', (width) => {
    for (const line of renderTerminal(withSpike, { color: false, width }).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(width);
  });

  it.each(WIDTHS)('a report with probes fits into %i columns, whatever the names of the capabilities are', (width) => {
    for (const name of ['composition', 'a capability that is called like this '.repeat(3)]) {
      const probed = report({ probes: probeReport(name) });
      for (const line of renderTerminal(probed, { color: false, width }).split('\n'))
        expect(line.length, line).toBeLessThanOrEqual(width);
    }
  });

  it.each(WIDTHS)('the limits of a calibration fit into %i columns, those that are exceeded first', (width) => {
    const calibration = calibrationReport();
    const known = calibration.metrics.map((one) => ({ ...one, metric: one.judged ? 'topEnergyLogOdds' : one.metric }));
    const output = renderTerminal(report({ calibration: { ...calibration, metrics: [...known] } }), {
      ...{ color: false, width },
    });
    for (const line of output.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    const limits = output.match(/(▲ )?0\.\d+ +0\.\d+ to 0\.\d+ +[≤n].*/g)?.map((line) => line.replace(/ +/g, ' '));
    const source = width < 100 ? '' : ' widened range';
    expect(limits).toEqual([
      `▲ 0.710 0.500 to 0.580 ≤\u00a00.620${source}`,
      `0.560 0.500 to 0.580 ≤\u00a00.620${source}`,
      `0.710 0.500 to 0.580 not at this size${source}`,
    ]);
    expect(output).toContain('no room to move');
    expect(output).not.toContain('effective rank');
  });

  it('a report on the terminal ends with the verdict and its cause', () => {
    const output = renderTerminal(withSpike, { color: false, width: 120 });
    expect(output.split('\n\n').at(-1)).toMatch(
      /^ {2}▲ warn: MLP ÷ attention ratio of ΔW rose from 0\.635 to 0\.690 \(\+8\.7%; limit \+8%\)\.$/,
    );
  });

  it('a report on the terminal lists the other findings, and each metric with both values and its change', () => {
    const output = renderTerminal(withSpike, { color: false, width: 120 });
    expect(output).toContain(
      '▲ Top-1 energy of model.layers.2.mlp.up_proj.weight is 0.412: a robust z-score of 9.10 among the',
    );
    expect(output).toMatch(/MLP ÷ attention ratio +ΔW +model +0\.635 +0\.690 +▲ \+0\.0552 \(\+8\.7%\)/);
    expect(output).toContain('Measured 28 W and 28 ΔW, skipped 1 tensor, in 3.2 s on cpu; weights of both in BF16.');
  });

  it('a report has colors only on request, and the same words with them', () => {
    const plain = renderTerminal(withSpike, { color: false, width: 100 });
    const colored = renderTerminal(withSpike, { color: true, width: 100 });
    expect(plain).toBe(stripVTControlCharacters(plain));
    expect(colored).not.toBe(plain);
    expect(stripVTControlCharacters(colored)).toBe(plain);
  });

  it.each(HOSTILE_NAMES.map((name) => [JSON.stringify(name).slice(0, 50), name]))(
    'the hostile name %s starts no command in a report on the terminal',
    (_, name) => {
      for (const width of [40, ...WIDTHS]) {
        const output = renderTerminal(hostileReport(name), { color: false, width });
        expect(commands(output)).toEqual([]);
        expect(output.replaceAll('\n', '').replace(/[\u2068\u2069]/g, '')).not.toMatch(/\p{C}/u);
      }
    },
  );
});

describe('renderSuites', () => {
  it.each(WIDTHS)('a list of suites fits into %i columns', (width) => {
    const long = 'a name that is like this '.repeat(9);
    const suite = builtinSuite(1);
    const items = suite.items.map((item) => ({ ...item, capability: long, family: long }));
    for (const shown of [suite, { ...suite, items }])
      for (const line of renderSuites([shown], 1, { color: false, width }).split('\n'))
        expect(line.length, line).toBeLessThanOrEqual(width);
  });
});

describe('renderSpectra', () => {
  const tensors = [
    tensor('model.layers.11.self_attn.q_proj.weight', 'q_proj', 'weight', spectrum({ spike: 10, decay: 0.1 })),
    { ...tensor('broken', 'other', 'weight'), status: 'notFinite' as const, metrics: null, spectrum: [] },
  ];

  it.each(WIDTHS)('a table of spectra fits into %i columns and loses no part of a name', (width) => {
    const output = renderSpectra(tensors, { color: false, width });
    for (const line of output.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    const names = output
      .split('\n')
      .slice(3)
      .map((line) => line.slice(2).split(' ')[0]);
    expect(names.join('')).toBe('model.layers.11.self_attn.q_proj.weightbroken');
  });

  it('a row of spectra has shape, values and a sparkline that shows a spike', () => {
    const row = renderSpectra(tensors, { color: false, width: 120 }).split('\n')[3];
    expect(row).toMatch(/^ {2}model\.layers\.11\.self_attn\.q_proj\.weight +W +96×32 +1 +1\.19 .* █▅▄/);
  });

  it('a matrix without a spectrum has the cause in its row', () => {
    expect(renderSpectra(tensors, { color: false, width: 120 })).toMatch(/broken .* — .* not finite/);
  });

  it('hostile tensor names start no command in a table of spectra, at any width', () => {
    const hostile = HOSTILE_NAMES.map((name) => tensor(name, 'other', 'weight'));
    for (const width of [40, ...WIDTHS]) {
      const output = renderSpectra(hostile, { color: false, width });
      expect(commands(output)).toEqual([]);
      expect(output.replaceAll('\n', '').replace(/[\u2068\u2069]/g, '')).not.toMatch(/\p{C}/u);
    }
  });

  it('a thousand matrices give a thousand aligned rows', () => {
    const many = Array.from({ length: 1000 }, (_, i) => tensor(`model.layers.${i}.weight`, 'other', 'weight'));
    const lines = renderSpectra(many, { color: false, width: 120 }).split('\n');
    expect(lines).toHaveLength(1003);
    expect(new Set(lines.slice(3).map((line) => line.indexOf('96×32'))).size).toBe(1);
  });
});
