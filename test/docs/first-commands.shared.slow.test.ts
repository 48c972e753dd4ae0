import { describe, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { blocksOf, numbersOf, printedCommands, readPage, tableRows } from './printed-commands.ts';

describe('the first command of README.md', () => {
  it('ends with what is printed below it, and with the numbers of the text', async () => {
    const [command = []] = printedCommands('README.md');
    expect(command).toContain('--all');
    const { code, stdout } = await runCli(...command, '--verbose');
    expect(code).toBe(1);
    const [shown = ''] = blocksOf('README.md').filter((block) => block.includes('✘ fail'));
    // A number and its unit stay on one line.
    const brief = (await runCli(...command)).stdout.replaceAll('\u00a0', ' ');
    expect(brief.trimEnd().endsWith(shown.trimEnd()), `${shown}\n\n${brief}`).toBe(true);
    const about = /Both models score 99% on the exam[\s\S]*?no more than between two seeds/.exec(readPage('README.md'));
    const numbers = numbersOf(about?.[0] ?? '').filter((number) => number !== '99%');
    expect(numbers).toEqual(['0.690', '8.7%', '0.635']);
    expect(numbersOf(stdout)).toEqual(expect.arrayContaining(['0.690', '+8.7%', '0.635']));
    expect(stdout).toMatch(/Exam +98\.5% → 98\.9%/);
  });
});

describe('the commands of examples/README.md', () => {
  it('give the first row of its table, and the warning that it describes', async () => {
    const [first = [], real = []] = printedCommands('examples/README.md');
    expect(first).toContain('--all');
    const [row] = tableRows('examples/README.md');
    expect(first).toContain(`examples/${row?.checkpoint}`);
    const { code, stdout } = await runCli(...first, '--verbose');
    expect(code).toBe(1);
    expect(row?.cells.at(-1)).toMatch(/^\*\*fail\*\*/);
    expect(numbersOf(stdout)).toEqual(expect.arrayContaining(numbersOf(row?.cells.join(' ') ?? '')));
    const warning = await runCli(...real);
    expect(warning.code).toBe(0);
    expect(warning.stdout).toMatch(/▲ warn: Frobenius norm of ΔW in q_proj rose from 1\.59 to 7\.00/);
    expect(readPage('examples/README.md')).toContain('in `q_proj` is 7.00, against 1.59');
  });
});
