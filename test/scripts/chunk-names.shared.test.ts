import { expect, it } from 'vitest';
import { chunkNames } from '../../scripts/build/chunk-names.ts';

const chunk = (inputs: Readonly<Record<string, number>>, entryPoint?: string) => ({
  inputs: Object.fromEntries(Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }])),
  ...(entryPoint === undefined ? {} : { entryPoint }),
  bytes: 0,
  imports: [],
  exports: [],
});

it('names chunks after what is in them, whatever their hashes are and in whatever order they come', () => {
  const chunks = [
    chunk({ 'src/report/escape.ts': 9, 'packages/platform/src/at.ts': 5 }),
    chunk({ 'node_modules/@octokit/core/dist/index.js': 7 }),
    chunk({ 'src/cli/run.ts': 2, 'src/cli/large.ts': 8 }, 'src/cli/run.ts'),
    chunk({ 'src/report/html/escape.ts': 9 }),
    chunk({}),
  ];
  const expected = ['report-escape', 'octokit-index', 'cli-run', 'report-escape-2', 'empty'];
  for (const hashes of ['ABCDE', 'EDCBA', 'BADEC']) {
    const files = chunks.map((_, i) => `dist/shared-AAAAAAA${hashes[i]}.js`);
    const outputs = Object.fromEntries(files.map((file, i) => [file, chunks[i] ?? chunk({})]).sort());
    const names = chunkNames({ ...outputs, 'dist/cli.js': chunk({ 'src/cli.ts': 1 }) });
    expect(files.map((file) => names.get(file.slice(5)))).toEqual(expected.map((name) => `shared-${name}.js`));
  }
});
