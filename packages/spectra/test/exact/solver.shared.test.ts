import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { packagesOfOthers } from '../../../../scripts/build/packages-of-others.ts';
import { repository, temporaryFolder } from '../../../../test/fixtures.ts';
import { generator } from '../../../platform/test/random.ts';
import { type Band, bandStride } from '../../src/exact/band-reduction.ts';
import { openSolver, SOLVE_HERE, type Solver } from '../../src/exact/solver.ts';

/** Built as by scripts/build.ts: only recent versions of Node could start it from its source. */
let worker: URL;
beforeAll(async () => {
  const outfile = join(temporaryFolder(), 'solver-worker.mjs');
  const entryPoints = [repository('packages/spectra/src/exact/solver-worker.ts')];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', plugins: [packagesOfOthers] });
  worker = pathToFileURL(outfile);
});

function randomBand(size: number, width: number, seed: number): Band {
  const random = generator(seed);
  const stride = bandStride(width);
  const entries = new Float64Array(size * stride);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k <= width && i + k < size; k += 1) entries[i * stride + k + width] = random() - 0.5;
  }
  return { entries, size, width };
}

async function using<T>(solver: Solver, work: (solver: Solver) => Promise<T>): Promise<T> {
  try {
    return await work(solver);
  } finally {
    await solver.close();
  }
}

describe('the worker thread for spectra', () => {
  it('returns the same values as this thread, in the order of the requests', async () => {
    const found = await using(openSolver(worker), (solver) =>
      Promise.all([200, 30, 100].map((size) => solver.values(randomBand(size, 6, size)))),
    );
    const expected = await Promise.all([200, 30, 100].map((size) => SOLVE_HERE.values(randomBand(size, 6, size))));
    expect(found).toEqual(expected);
  });

  it.each([1, 2, 3])(
    'returns the same eigenvalues as this thread, whichever of %i threads answers',
    async (threads) => {
      const sizes = [300, 70, 20, 120, 301, 90, 64];
      const matrixOf = (size: number) => {
        const random = generator(size);
        return Float64Array.from({ length: size * size }, () => random() - 0.5);
      };
      const ask = (solver: Solver) =>
        Promise.all([
          ...sizes.map((size) => solver.eigenvalues(matrixOf(size), size)),
          solver.values(randomBand(100, 6, 1)),
        ]);
      expect(await using(openSolver(worker, threads), ask)).toEqual(await ask(SOLVE_HERE));
    },
  );

  it('reports what is wrong with one band, and solves the next', async () => {
    await using(openSolver(worker, 1), async (solver) => {
      const bad = randomBand(20, 3, 1);
      bad.entries[bandStride(3) * 4 + 3] = Number.NaN;
      await expect(solver.values(bad)).rejects.toThrow('not finite');
      expect(await solver.values(randomBand(20, 3, 1))).toHaveLength(20);
    });
  });

  it('fails the request if it cannot be started, or ends', async () => {
    const missing = pathToFileURL(join(temporaryFolder(), 'missing.mjs'));
    await expect(using(openSolver(missing), (solver) => solver.values(randomBand(5, 2, 1)))).rejects.toThrow(
      /missing\.mjs/,
    );
    const ending = join(temporaryFolder(), 'ending.mjs');
    writeFileSync(
      ending,
      `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(0));`,
    );
    await expect(
      using(openSolver(pathToFileURL(ending)), (solver) => solver.values(randomBand(5, 2, 1))),
    ).rejects.toThrow('ended before it answered');
  });

  it('gives no question the answer to another, after one that its thread did not survive', async () => {
    const dying = join(temporaryFolder(), 'dying.mjs');
    writeFileSync(
      dying,
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', ({ size }) => {
         if (size === 1) throw new Error('died');
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, size);
         parentPort.postMessage({ answer: Float64Array.of(size) });
       });`,
    );
    await using(openSolver(pathToFileURL(dying), 1), async (solver) => {
      const ask = (size: number) => solver.values({ ...randomBand(5, 2, 1), size });
      // The thread's error comes before its end: the next question is asked in between.
      const second = ask(1).then(
        () => expect.fail('it died'),
        () => ask(200),
      );
      expect([...(await second)]).toEqual([200]);
      expect((await Promise.all([ask(90), ask(80)])).map(([value]) => value)).toEqual([90, 80]);
    });
  });

  it('does not keep the process alive once it is closed', async () => {
    const folder = temporaryFolder();
    const outfile = join(folder, 'solver.mjs');
    const entryPoints = [repository('packages/spectra/src/exact/solver.ts')];
    await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', plugins: [packagesOfOthers] });
    const script = `
      import { openSolver } from ${JSON.stringify(pathToFileURL(outfile).href)};
      const solver = openSolver(new URL(${JSON.stringify(worker.href)}));
      const values = await solver.values({ entries: Float64Array.of(0, 2, 0, 0, 0, 3, 0, 0), size: 2, width: 1 });
      await solver.close();
      console.log(values.join());`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '3,2\n', stderr: '' });
  });
});
