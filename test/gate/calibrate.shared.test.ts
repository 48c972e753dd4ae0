import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { calibrate } from '../../src/gate/calibrate.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';

it('opens each known-good checkpoint when its turn comes, and keeps none in memory', async () => {
  const root = temporaryFolder();
  const checkpoints = ['first', 'second'].map((name) => join(root, name));
  for (const checkpoint of checkpoints) cpSync(fixture('llama-tuned'), checkpoint, { recursive: true });
  const file = join(root, 'second', 'config.json');
  const second = JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), rope_theta: 7 });
  // While the first is measured.
  const onProgress = () => writeFileSync(file, second);
  const options = { reference: fixture('llama-f32'), kind: 'runs', device: 'cpu' } as const;
  const { runs } = await calibrate({ ...options, checkpoints, onProgress });
  expect(new Set(runs.map(({ digest }) => digest)).size).toBe(2);
});
