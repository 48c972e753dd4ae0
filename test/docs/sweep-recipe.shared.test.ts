import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';

const recipe = readFileSync(repository('examples', 'shell', 'while-training.sh'), 'utf8');

/** Run the recipe with a trainer that makes one step in each `sleep` of the recipe. */
function run({ steps, gate }: { readonly steps: readonly string[]; readonly gate: string }) {
  const root = temporaryFolder();
  const program = (name: string, text: string) => {
    const path = join(root, 'bin', name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  };
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'out'));
  program('shadow-gate', `echo "$@" >> log\n${gate}`);
  const cases = steps.map((step, i) => `${i}) ${step};;`).join('\n');
  program(
    'sleep',
    `n=$(cat count 2>/dev/null || echo 0)\necho $((n + 1)) > count\ncase $n in\n${cases}\n*) touch out/finished;;\nesac`,
  );
  const { status } = spawnSync('/bin/sh', ['-c', recipe], {
    cwd: root,
    env: { PATH: `${join(root, 'bin')}:${process.env.PATH}`, SHADOW_GATE: 'shadow-gate' },
    timeout: 30_000,
  });
  const log = join(root, 'log');
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { status, swept: calls.map((call) => call.split(' --')[0]) };
}

const save = (step: number) => `mkdir -p out/checkpoint-${step}; touch out/checkpoint-${step}/model.safetensors`;
const complete = (step: number) => `touch out/checkpoint-${step}/trainer_state.json`;

describe('examples/shell/while-training.sh next to a trainer', () => {
  it('gates a checkpoint once it is complete, not before and not twice, and the last one too', () => {
    const steps = [save(500), complete(500), ':', `${save(1000)}; ${complete(1000)}; touch out/finished`];
    expect(run({ steps, gate: 'exit 0' })).toEqual({
      status: 0,
      swept: ['sweep out/checkpoint-500', 'sweep out/checkpoint-1000 out/checkpoint-500'],
    });
  });

  it('ends with the code of the sweep', () => {
    const steps = [`${save(500)}; ${complete(500)}`];
    expect(run({ steps, gate: 'exit 1' }).status).toBe(1);
  });

  it('is not green if no checkpoint was ever complete', () => {
    expect(run({ steps: [save(500)], gate: 'exit 0' })).toEqual({ status: 3, swept: [] });
  });
});
