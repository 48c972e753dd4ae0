import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

it('says with --debug how much the weights take in memory, once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weights-in-memory-'));
  const requests = join(folder, 'requests.jsonl');
  writeFileSync(
    requests,
    '{"id":"a","context":"a b","continuation":" c"}\n{"id":"b","context":"a c","continuation":" d"}\n',
  );
  const { code, stderr } = await runCli(
    ...['--debug', 'score', '--checkpoint', repository('examples/coverage-expanding'), '--device', 'cpu'],
    ...['--requests', requests, '--output', join(folder, 'answers.jsonl')],
  );
  const lines = stderr.split('\n').filter((line) => line.includes('in memory'));
  // 474,144 numbers without the embeddings, in float32; 505,056 in bfloat16.
  expect({ code, lines }).toEqual({ code: 0, lines: ['shadow-gate: weights in memory: 2 MiB, file 1 MiB'] });
});
