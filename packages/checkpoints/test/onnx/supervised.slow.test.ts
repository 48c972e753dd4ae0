import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { bundleScript } from '../../../../test/run-script.ts';

/** Names the process of the work, then works. */
const program = (cases: string) => `
  import { supervise } from '#platform/process/supervise.ts';
  import { describeError } from '#platform/user-error.ts';
  const [, , what, where] = process.argv;
  await supervise({
    work: async () => {
      process.stdout.write(process.pid + '\\n');
      ${cases}
    },
    isApart: where !== 'here',
    report: (error) => process.stderr.write(describeError(error).message + '\\n'),
    exitCode: 2,
  });`;

/** One call of onnxruntime that takes minutes. */
const MULTIPLY = `
  const { ElementType, Graph } = await import('#checkpoints/onnx/graph.ts');
  const { openSession, tensor } = await import('#checkpoints/onnx/session.ts');
  const graph = new Graph();
  const size = 2048;
  const matrix = graph.input('x', ElementType.float32, [size, size]);
  let product = matrix;
  for (let i = 0; i < 10_000; i += 1) product = graph.op('MatMul', [product, matrix]);
  graph.output('y', product, ElementType.float32);
  const session = await openSession(graph, { name: 'cpu', reason: 'for the tests' });
  process.stdout.write('multiplies\\n');
  await session.run({ x: tensor.float32(new Float32Array(size * size), [size, size]) });`;

const SIMPLE = `
  if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
  else if (what === 'loop') for (;;);
  else if (what === 'throw') throw new Error('thrown');
  else if (what === 'reject') {
    process.exitCode = 1;
    Promise.reject(new Error('rejected'));
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  } else if (what === 'event') {
    setTimeout(() => { throw new Error('thrown later'); });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  } else if (what === 'late') {
    process.exitCode = 0;
    setTimeout(() => { throw new Error('thrown after the end'); });
  } else if (what === 'memory') throw new RangeError('WebAssembly.Instance(): Out of memory');
  else if (what === 'exit') process.exit(1);
  else if (what === 'unsettled') await new Promise(() => {});
  else if (what === 'abrupt') process.reallyExit(1);
  else if (what.startsWith('SIG')) process.kill(process.pid, what);
  else process.exitCode = Number(what);`;

let scripts: { readonly simple: string; readonly multiply: string };
beforeAll(async () => {
  const [simple, multiply] = await Promise.all([bundleScript(program(SIMPLE)), bundleScript(program(MULTIPLY))]);
  scripts = { simple, multiply };
});

function start(what: string, where = 'apart') {
  const script = what === 'multiply' ? scripts.multiply : scripts.simple;
  const child = spawn(process.execPath, [script, what, where], { stdio: ['ignore', 'pipe', 'pipe'] });
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
    ['SIGTRAP', /^the process was ended \(SIGTRAP\), most likely since its memory [^\n]*\n$/],
    ['SIGSEGV', /^the process was ended by SIGSEGV — [^\n]*\n$/],
  ])('that is ended by %s is an error in one line', async (signal, message) => {
    const { ended, texts } = start(signal);
    expect(await ended).toEqual([2, null]);
    expect(texts.stderr).toMatch(message);
  });

  it.each([
    ['an error', 'throw', /^thrown\n$/],
    ['a rejection that nobody handles, after it set the code of a verdict', 'reject', /^rejected\n$/],
    ['an error of an event', 'event', /^thrown later\n$/],
    ['an error after its end', 'late', /^thrown after the end\n$/],
    [
      'memory that it does not get',
      'memory',
      /^WebAssembly\.Instance\(\): Out of memory — use a machine with more memory, [^\n]*\n$/,
    ],
    ['an exit in the middle', 'exit', /^the program ended in the middle of its work\n$/],
    ['nothing left to wait for', 'unsettled', /^the program ended in the middle of its work$/m],
  ])('that ends by %s is an error in one line, here and in a process of its own', async (_, what, message) => {
    for (const where of ['apart', 'here']) {
      const { ended, texts } = start(what, where);
      expect(await ended, where).toEqual([2, null]);
      expect(texts.stderr, where).toMatch(message);
    }
  });

  it('that ends without a word, and with the code of a verdict, is an error in one line', async () => {
    const { ended, texts } = start('abrupt');
    expect(await ended).toEqual([2, null]);
    expect(texts.stderr).toMatch(/^the process ended with code 1 in the middle of its work — run again[^\n]*\n$/);
  });

  it('is stopped with the program, which ends by the same signal', async () => {
    const { child, ended, texts } = start('wait');
    await firstOutput(child);
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(texts.stderr).toBe('');
    expect(isRunning(Number(texts.stdout))).toBe(false);
  });

  it.each([
    ['while it waits', 'wait', 1],
    ['while JavaScript is busy', 'loop', 1],
    ['in the middle of a run of onnxruntime', 'multiply', 2],
  ])('ends when the program is killed, also %s', async (_, what, lines) => {
    const { child, texts } = start(what);
    await vi.waitFor(() => expect(texts.stdout.split('\n').length).toBeGreaterThan(lines), { timeout: 30_000 });
    const pid = Number.parseInt(texts.stdout, 10);
    // It is in the middle of its work, unless this is a very slow machine.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    try {
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000, interval: 200 });
    } finally {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    }
  });
});
