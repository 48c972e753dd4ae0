import { describe, expect, it } from 'vitest';
import { Semaphore } from '../src/semaphore.ts';

/** Work of these sizes, begun together and ended one by one. Each entry: what is in progress, after each end. */
async function inProgress(limit: number, sizes: readonly number[]): Promise<number[][]> {
  const memory = new Semaphore(limit);
  const running = new Map<number, () => void>();
  const all = sizes.map((size) =>
    memory.run(() => new Promise<void>((resolve) => running.set(size, resolve)), size).catch(() => {}),
  );
  const seen: number[][] = [];
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve));
    const [first] = running;
    if (!first) break;
    seen.push([...running.keys()]);
    running.delete(first[0]);
    first[1]();
  }
  await Promise.all(all);
  return seen;
}

describe('a semaphore', () => {
  it('has as much in progress as fits', async () => {
    expect(await inProgress(10, [4, 5, 3, 2, 1])).toEqual([[4, 5], [5, 3, 2], [3, 2, 1], [2, 1], [1]]);
  });

  it('lets nothing smaller pass what waits for a lot', async () => {
    expect(await inProgress(10, [6, 9, 1])).toEqual([[6], [9, 1], [1]]);
  });

  it('does work that is too large alone', async () => {
    expect(await inProgress(10, [4, 40, 5, 3])).toEqual([[4], [40], [5, 3], [3]]);
  });

  it('frees what failed work took', async () => {
    const memory = new Semaphore(10);
    const failing = memory.run(() => Promise.reject(new Error('full disk')), 10);
    const next = memory.run(async () => 'done', 10);
    await expect(failing).rejects.toThrow('full disk');
    expect(await next).toBe('done');
  });
});
