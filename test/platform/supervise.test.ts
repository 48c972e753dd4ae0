import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { bundleScript } from '../onnx/run-script.ts';

let script: string;

beforeAll(async () => {
  script = await bundleScript(`
    import { supervise } from '#src/platform/supervise.ts';
    await supervise({
      work: async () => {
        const [, , what] = process.argv;
        process.stdout.write(process.pid + '\\n');
        if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
        else if (what.startsWith('SIG')) process.kill(process.pid, what);
        else process.exitCode = Number(what);
      },
      onDeath: (message) => process.stderr.write(message + '\\n'),
      exitCode: 2,
    });`);
});

function start(what: string) {
  const child = spawn(process.execPath, [script, what], { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => {
    texts.stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    texts.stderr += data.toString();
  });
  return { child, texts, ended: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]> };
}

const firstOutput = (child: ChildProcess) => once(child.stdout ?? child, 'data');

const isRunning = (id: number) => {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
};

describe.concurrent('work in a process of its own', () => {
  it.each([0, 1, 3])('ends with its exit code %i', async (code) => {
    const { ended, texts } = start(String(code));
    expect(await ended).toEqual([code, null]);
    expect(texts.stderr).toBe('');
  });

  it.each([
    ['SIGBUS', /^a file became shorter, .* — run again when nothing writes to it any more\n$/],
    ['SIGKILL', /^the process was killed \(SIGKILL\), most likely since the memory .* — [^\n]*\n$/],
    ['SIGSEGV', /^the process was ended by SIGSEGV — [^\n]*\n$/],
  ])('that is ended by %s is an error in one line', async (signal, message) => {
    const { ended, texts } = start(signal);
    expect(await ended).toEqual([2, null]);
    expect(texts.stderr).toMatch(message);
  });

  it('is stopped with the program, which ends by the same signal', async () => {
    const { child, ended, texts } = start('wait');
    await firstOutput(child);
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(texts.stderr).toBe('');
    expect(isRunning(Number(texts.stdout))).toBe(false);
  });

  it('ends when the program is killed', async () => {
    const { child, texts } = start('wait');
    await firstOutput(child);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(Number(texts.stdout))).toBe(false), { timeout: 10_000 });
  });
});
