import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askQuestions } from '../../../src/cli/init/questions.ts';

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
    const { questions, shown } = asking(Readable.from(['\nno\nmodels/x\n']));
    expect(await questions.text('From?', 'none')).toBe('none');
    expect(await questions.confirm('Now?', true)).toBe(false);
    expect(await questions.text('Where?', '.')).toBe('models/x');
    expect(shown()).toContain('From? [none] \n');
    expect(shown()).toContain('Now? [Y/n] no\n');
  });

  it('ask again where an answer is none of the allowed ones, and not for ever', async () => {
    const { questions, shown } = asking(Readable.from(['maybe\ny\n9\n0\nx\n']));
    expect(await questions.confirm('Now?', false)).toBe(true);
    expect(shown()).toContain('answer y or n');
    await expect(questions.confirm('Now?', false)).rejects.toThrow(/could be used.*answer y or n/);
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
