import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '@shadow-gate/platform';
import { Random } from '@shadow-gate/probes/random';
import { describe, expect, test } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { type Fuzzer, runInput } from './fuzzer.ts';
import { type Input, SECRET } from './input.ts';
import { parseKept } from './kept-input.ts';
import { FUZZERS } from './readers/index.ts';

/** Enough to see that every fuzzer works; `npm run fuzz` tries millions. */
const INPUTS = 12;

/** A place for inputs, next to files that nothing may read. */
function scratch(): string {
  const folder = temporaryFolder();
  const secret = join(folder, 'secret');
  mkdirSync(secret);
  for (const name of ['config.json', 'model.safetensors', 'data', 'weights']) writeFileSync(join(secret, name), SECRET);
  return join(folder, 'input');
}

async function endingOf(fuzzer: Fuzzer, input: Input, folder: string): Promise<string> {
  const ending = await runInput(fuzzer, input, folder);
  return ending.kind === 'finding' ? (ending.error.stack ?? ending.error.message) : ending.kind;
}

describe.each(FUZZERS.map((fuzzer) => [fuzzer.name, fuzzer] as const))('%s', (name, fuzzer) => {
  test('nothing that is nearly right is an internal error', async () => {
    const folder = scratch();
    for (let i = 0; i < INPUTS; i += 1) {
      const input = fuzzer.make(new Random(1, `${name} ${i}`));
      expect(await endingOf(fuzzer, input, folder)).toMatch(/^(accepted|refused)$/);
    }
  });

  test('an input is the same for the same numbers', () => {
    const make = () => fuzzer.make(new Random(3, name));
    expect(make()).toEqual(make());
  });
});

describe('inputs that were findings once', () => {
  const regressions = repository('test', 'fuzz', 'regressions');
  const names = readdirSync(regressions).filter((name) => name.endsWith('.json'));

  test.each(names)('%s', async (name) => {
    const { reader, input } = parseKept(readFileSync(join(regressions, name), 'utf8'));
    const fuzzer = at(
      FUZZERS,
      FUZZERS.findIndex((item) => item.name === reader),
    );
    expect(await endingOf(fuzzer, input, scratch())).toMatch(/^(accepted|refused)$/);
  });
});
