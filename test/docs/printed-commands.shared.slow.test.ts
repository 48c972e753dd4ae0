import { expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { numbersOf, tableRows } from './printed-commands.ts';

const EXIT_CODES: Readonly<Record<string, number>> = { pass: 0, fail: 1 };
const rows = tableRows('examples/README.md');

it.each(
  rows.map(({ checkpoint, cells }) => ({
    checkpoint,
    // There is a ratio only if the baseline has an update of its own.
    baseline: cells.some((cell) => cell.startsWith('0.635')) ? 'coverage-expanding' : 'base',
    cells,
  })),
)('examples/README.md has the numbers of $checkpoint against $baseline', async ({ checkpoint, baseline, cells }) => {
  const sides = ['--checkpoint', `examples/${checkpoint}`, '--baseline', `examples/${baseline}`];
  const fixed = ['--reference', 'examples/base', '--policy', 'examples/shadow-gate.yml', '--all', '--verbose'];
  const { code, stdout } = await runCli('check', ...sides, ...fixed);
  const [, verdict = ''] = /^\*\*(\w+)\*\*/.exec(cells.at(-1) ?? '') ?? [];
  expect(code).toBe(EXIT_CODES[verdict]);
  expect(numbersOf(stdout)).toEqual(expect.arrayContaining(numbersOf(cells.join(' '))));
});

it('examples/README.md has a row for each continuation against the base, and for two against another one', () => {
  expect(rows.map(({ checkpoint }) => checkpoint)).toEqual([
    'benchmark-aligned',
    'coverage-expanding',
    'prompt-repetition',
    'benchmark-aligned',
    'prompt-repetition',
  ]);
});
