import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askQuestions, DEFAULTS } from '../../../src/cli/init/questions.ts';

function asking(input: Readable, patience = 1000) {
  let shown = '';
  const questions = askQuestions({
    input,
    patience,
    onQuestion: (text) => {
      shown += text;
    },
  });
  return { questions, shown: () => shown };
}

describe('questions', () => {
  it('take answers that were piped all at once, one line each', async () => {
    const { questions, shown } = asking(Readable.from(['2\n\nno\nmodels/x\n']));
    expect(await questions.choose('Which?', ['a', 'b'], 0)).toBe(1);
    expect(await questions.text('From?', 'none')).toBe('none');
    expect(await questions.confirm('Now?', true)).toBe(false);
    expect(await questions.text('Where?', '.')).toBe('models/x');
    expect(shown()).toContain('  1) a\n  2) b\nWhich? [1] 2\n');
    expect(shown()).toContain('Now? [Y/n] no\n');
  });

  it('say first what depends on an answer, in the width of the terminal, and nothing where nobody is asked', async () => {
    const { questions, shown } = asking(Readable.from(['\n\n']));
    const about = 'What follows from it takes more than one line of eighty columns, so that it is broken at a word.';
    await questions.text('From?', 'none', about);
    await questions.confirm('So?', true, 'Briefly.');
    expect(shown()).toMatch(/^· What follows .*\n {2}\S.*\.\nFrom\? \[none\] \n· Briefly\.\nSo\? \[Y\/n\] \n$/);
    for (const line of shown().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(await DEFAULTS.confirm('So?', true, about)).toBe(true);
  });

  it('ask again where an answer is none of the allowed ones, and not for ever', async () => {
    const { questions, shown } = asking(Readable.from(['maybe\ny\n9\n0\nx\n']));
    expect(await questions.confirm('Now?', false)).toBe(true);
    expect(shown()).toContain('answer y or n');
    await expect(questions.choose('Which?', ['a', 'b'], 0)).rejects.toThrow(/a number from 1 to 2/);
  });

  it('take the name of a choice in place of its number', async () => {
    const { questions } = asking(Readable.from(['b\n']));
    expect(await questions.choose('Which?', ['a', 'b'], 0)).toBe(1);
  });

  it('end where the input ends, or never begins', async () => {
    const ended = asking(Readable.from(['y\n'])).questions;
    await ended.confirm('One?', true);
    await expect(ended.confirm('Two?', true)).rejects.toThrow(/nobody answers "Two\? \[Y\/n\]".*add --yes/);
    const silent = asking(new PassThrough(), 20).questions;
    await expect(silent.text('One?', 'x')).rejects.toThrow(/there is no terminal/);
    silent.close();
  });

  it('show the words of others without what a terminal carries out', async () => {
    const { questions, shown } = asking(Readable.from(['\u001b[31m\n\n']));
    await questions.text('From?', 'a\u001b[2Jb');
    expect(shown()).not.toContain('\u001b');
  });
});
