import { at } from '@shadow-gate/platform';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { type RunProbesOptions, sharesOfTime } from '@shadow-gate/probes';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { restOfWork } from './rest-of-work.ts';

/** The chunks of a suite, and the estimated time of all of them. */
interface TimedSuite {
  readonly chunks: ReadonlyArray<readonly ProbeItem[]>;
  readonly options: Pick<RunProbesOptions, 'maxNewTokens'>;
  readonly seconds: number;
}

/**
 * Reports the finished items of each suite, and the time for the rest at the pace so far. Families differ more from
 * their estimates than the forms of one.
 * @param own the chunks that this machine runs
 * @returns for a suite's index, a function that takes the number of its finished items
 */
export function probesProgress(
  suites: readonly TimedSuite[],
  own: ReadonlySet<readonly ProbeItem[]>,
  onProgress: OnProgress | undefined,
): (suite: number) => (count: number) => void {
  const parts = suites.flatMap((suite, index) => {
    const shares = sharesOfTime(suite.chunks, suite.options);
    return suite.chunks.flatMap((items, i) => {
      const part = { suite: index, kind: items[0]?.family ?? '', size: items.length };
      return own.has(items) ? [{ ...part, seconds: suite.seconds * at(shares, i) }] : [];
    });
  });
  const expected = new Map<string, number>();
  for (const { kind, seconds } of parts) expected.set(kind, (expected.get(kind) ?? 0) + seconds);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const rest = restOfWork(expected);
  let done = 0;
  return (suite) => {
    const before = parts.filter((part) => part.suite < suite).reduce((sum, { size }) => sum + size, 0);
    const report = (count: number) => {
      const now = before + count;
      let start = 0;
      for (const { kind, size, seconds } of parts) {
        const items = Math.min(now, start + size) - Math.max(done, start);
        if (items > 0) rest.advance(kind, (seconds * items) / size);
        start += size;
      }
      done = now;
      onProgress?.({ phase: 'probes', done, total, secondsLeft: rest.secondsLeft() });
    };
    report(0);
    return report;
  };
}
