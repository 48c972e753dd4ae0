import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { fixture } from '../fixtures.ts';
import { itNeeds } from '../needs.ts';
import { runCli } from './run-cli.ts';

itNeeds(!existsSync('/dev/nvidia0'), 'a machine without an NVIDIA GPU')(
  '--device cuda --debug says each step on standard error, and the error in one line',
  async () => {
    const { code, stdout, stderr } = await runCli(
      ...['spectra', '--checkpoint', fixture('gpt2'), '--device', 'cuda', '--cuda-libraries', './cuda', '--debug'],
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const [step, error] = stderr.split('\n');
    expect(step).toMatch(/^shadow-gate: cuda: device: .*NVIDIA GPU/);
    expect(error).toMatch(/^shadow-gate: error: device cuda: .* — .*, or device cpu$/);
  },
);
