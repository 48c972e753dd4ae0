import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';

/** A program that keeps its thread busy, as onnxruntime does, while another thread draws. */
const PROGRAM = `
  import { openThreadedDisplay } from '${repository('src/cli/progress/threaded-display.ts')}';
  const [, , kind] = process.argv;
  const entry = new URL('./progress-worker.mjs', import.meta.url);
  const display = openThreadedDisplay(kind === 'bar' ? 'bar' : { quietSeconds: 0 }, { columns: 80 }, entry);
  display.report({ phase: 'spectra', done: 14, total: 15, item: 'lm_head', secondsLeft: 72 });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
  display.note('a note');
  display.stop();
  process.stderr.write('the end');`;

async function drawn(kind: string): Promise<string> {
  const outdir = temporaryFolder();
  const options = { bundle: true, platform: 'node', format: 'esm', outdir, outExtension: { '.js': '.mjs' } } as const;
  const js = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
  const entry = repository('src/cli/progress/progress-worker.ts');
  await build({ ...options, entryPoints: { 'progress-worker': entry }, banner: { js } });
  const stdin = { contents: PROGRAM, resolveDir: repository(), loader: 'ts' } as const;
  const { outdir: _, outExtension: __, ...single } = options;
  await build({ ...single, stdin, outfile: join(outdir, 'program.mjs') });
  return (await promisify(execFile)(process.execPath, [join(outdir, 'program.mjs'), kind])).stderr;
}

it('the time left goes on while the thread that works is busy', async () => {
  const text = await drawn('bar');
  const left = [...text.matchAll(/1 min (\d+) s left/g)].map(([, seconds]) => Number(seconds));
  expect(left[0]).toBe(12);
  expect(left).toContain(10);
  expect(text.indexOf('a note\n')).toBeGreaterThan(text.indexOf('1 min 9 s left'));
  // The line is cleared before anything else is written.
  expect(text.endsWith('\r\u001b[2Kthe end')).toBe(true);
});

it('a log has lines of such a time too', async () => {
  expect(await drawn('lines')).toMatch(
    /^shadow-gate: spectra 14\/15, 1 min 1[01] s left \(lm_head\)\na note\nthe end$/,
  );
});
