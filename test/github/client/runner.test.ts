import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { start } from '../../../src/action/run.ts';
import { githubRunner } from '../../../src/github/client/runner.ts';
import { commandsIn } from '../../e2e/runner-log.ts';

let log = '';

beforeEach(() => {
  log = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    log += String(chunk);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const HOSTILE = 'x\u001b[31m\u0007\r\n::error::forged\n##[error]forged\u009b\u202e%0A::error::forged';

it('a foreign string in an annotation, a warning, a group or the log for debugging is no second command', async () => {
  const runner = githubRunner({});
  runner.warning(HOSTILE);
  runner.annotate({ level: 'error', message: HOSTILE, title: HOSTILE });
  runner.debug(HOSTILE);
  await runner.group(HOSTILE, async () => {});
  expect(commandsIn(log).map(({ name }) => name)).toEqual(['warning', 'error', 'debug', 'group', 'endgroup']);
  expect(log.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  expect(log).not.toContain('##[');
});

it('a working directory that is gone fails the step in one line', async () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw new Error('ENOENT: process.cwd failed');
  });
  await start({}, () => new Date(0));
  expect(log).toMatch(/^::error::the working directory does not exist — [^\n]*\n$/);
  expect(process.exitCode).toBe(1);
});
