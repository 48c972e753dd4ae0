import { expect, it } from 'vitest';
import { withoutCommands, withToolkit } from '../../../src/github/client/log.ts';

it('workflow commands are off while names are logged, and on again after an error', async () => {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  await expect(
    withoutCommands(print, () => {
      print('::error::a name');
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  const [stop = '', name, resume] = lines;
  expect(stop).toMatch(/^::stop-commands::[0-9a-f-]{36}$/);
  expect(name).toBe('::error::a name');
  expect(resume).toBe(`::${stop.replace('::stop-commands::', '')}::`);
});

it('nobody can guess the token that turns commands on again', async () => {
  const words = new Set<string>();
  for (let i = 0; i < 3; i++) {
    await withoutCommands(
      (line) => words.add(line),
      () => undefined,
    );
  }
  expect(words.size).toBe(6);
});

it('the toolkit can mask secrets while commands are off, but its annotations become plain lines', async () => {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const write = process.stdout.write;
  process.stdout.write = ((text: string) => lines.push(text.trimEnd())) as unknown as typeof write;
  try {
    await withoutCommands(print, () =>
      withToolkit(print, async () => {
        process.stdout.write('::add-mask::secret\n');
        process.stdout.write('::error::Failed to restore: 500\n::warning title=x::and more\n');
      }),
    );
  } finally {
    process.stdout.write = write;
  }
  const token = (lines[0] ?? '').replace('::stop-commands::', '');
  expect(lines).toEqual([
    `::stop-commands::${token}`,
    `::${token}::`,
    '::add-mask::secret',
    'Failed to restore: 500\nand more',
    `::stop-commands::${token}`,
    `::${token}::`,
  ]);
});
