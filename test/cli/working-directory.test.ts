import { workingDirectory } from '@shadow-gate/platform/files';
import { afterEach, expect, it, vi } from 'vitest';
import { runCli } from './run-cli.ts';

afterEach(() => vi.restoreAllMocks());

it('a working directory that has been removed is one line and exit code 2', async () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw Object.assign(new Error('ENOENT: process.cwd failed with error no such file'), { syscall: 'uv_cwd' });
  });
  expect(workingDirectory).toThrow(/^the working directory does not exist — /);
  const { code, stderr } = await runCli('spectra', '--checkpoint', 'any');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^shadow-gate: error: the working directory does not exist — [^\n]*\n$/);
});
