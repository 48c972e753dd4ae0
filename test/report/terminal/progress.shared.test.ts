import type { Progress } from '@shadow-gate/platform/progress';
import { describe, expect, it } from 'vitest';
import { barLine, ProgressClock, ProgressLines } from '../../../src/report/terminal/progress.ts';
import { HOSTILE_NAMES } from '../fixtures.ts';

/** A clock that has seen these reports at these seconds. */
function clockOf(...reports: ReadonlyArray<readonly [number, Progress]>): ProgressClock {
  const clock = new ProgressClock(0);
  for (const [now, progress] of reports) clock.report(progress, now);
  return clock;
}

const lineAt = (clock: ProgressClock, now: number, columns = 80) => barLine(clock.view(now), columns);

describe('the time left', () => {
  it('goes on during one long item', () => {
    const clock = clockOf([0, { phase: 'spectra', done: 14, total: 15, item: 'lm_head', secondsLeft: 72 }]);
    expect(lineAt(clock, 0)).toBe('spectra 14/15 ██████████████████████░░ 1 min 12 s left  lm_head');
    expect(lineAt(clock, 60)).toContain(' 12 s left');
  });

  it('is not made up where the estimate has passed', () => {
    const clock = clockOf([0, { phase: 'spectra', done: 14, total: 15, secondsLeft: 10 }]);
    expect(clock.view(9).left).toBe(1);
    expect(lineAt(clock, 30)).toContain('longer than expected');
  });

  it('follows from the pace where nobody estimates it', () => {
    const clock = clockOf(
      [0, { phase: 'scoring', done: 0, total: 100 }],
      [10, { phase: 'scoring', done: 25, total: 100 }],
    );
    expect(clock.view(10).left).toBe(30);
    expect(clock.view(15).left).toBe(25);
  });

  it('of a part in the middle of another does not count what came before', () => {
    const clock = clockOf(
      [0, { phase: 'scoring', done: 0, total: 100 }],
      [1, { phase: 'loading' }],
      [61, { phase: 'scoring', done: 0, total: 100 }],
      [71, { phase: 'scoring', done: 50, total: 100 }],
    );
    expect(clock.view(71).left).toBe(10);
  });

  it('of the candidate is what the baseline took, where nothing else is known', () => {
    const clock = clockOf(
      [0, { phase: 'loading', model: 'baseline' }],
      [40, { phase: 'probes', model: 'baseline', done: 0, total: 9 }],
      [50, { phase: 'loading', model: 'candidate' }],
    );
    expect(lineAt(clock, 60)).toBe('candidate: loading weights, 30 s left');
    expect(lineAt(clockOf([0, { phase: 'loading' }]), 12)).toBe('loading weights, 12 s so far');
  });
});

describe('the bar', () => {
  const names = ['model.layers.31.mlp.down_proj.weight', '層'.repeat(60), ...HOSTILE_NAMES];

  it.each([40, 60, 80, 120, 200])('is narrower than a terminal of %i columns', (columns) => {
    for (const item of names) {
      for (const secondsLeft of [null, 5, 72, 7000, -9]) {
        const clock = clockOf([0, { phase: 'spectra', model: 'candidate', done: 31, total: 224, item, secondsLeft }]);
        const line = lineAt(clock, 12, columns);
        const width = [...line].reduce((sum, letter) => sum + (/[ -~…█░—]/u.test(letter) ? 1 : 2), 0);
        expect(width, line).toBeLessThan(columns);
        expect(line.replace(/[\u2068\u2069]/g, '')).not.toMatch(/\p{C}/u);
        expect(line).toContain('spectra 31/224');
      }
    }
  });

  it('is never full, since there is always something to come', () => {
    const done = lineAt(clockOf([0, { phase: 'spectra', done: 224, total: 224 }]), 0);
    expect(done).toContain('█░');
    // Rounded down: the last item is not done while it is worked on.
    expect(lineAt(clockOf([0, { phase: 'probes', done: 719.9, total: 720 }]), 0)).toContain('probes 719/720 ');
  });

  it('does without a number of bytes, or of items, that nobody knows', () => {
    expect(lineAt(clockOf([0, { phase: 'downloading', done: 99.7, total: 256.4 }]), 0)).toContain(
      'downloading 99/257 MiB ',
    );
    expect(lineAt(clockOf([0, { phase: 'timing', done: 0.25, total: 1 }]), 0)).toMatch(/^timing █+░+$/);
  });
});

describe('progress in a log', () => {
  /** Runs some reports by a clock of seconds, with a tick at each of them. */
  function logOf(until: number, reports: Readonly<Record<number, Progress>>, quietSeconds = 0): string[] {
    let now = 0;
    const lines: string[] = [];
    const log = new ProgressLines({
      print: (line) => lines.push(`${now}: ${line}`),
      now: () => now * 1000,
      quietSeconds,
    });
    for (; now <= until; now += 1) {
      const progress = reports[now];
      if (progress) log.report(progress);
      log.tick();
    }
    return lines;
  }

  const reports: Readonly<Record<number, Progress>> = {
    0: { phase: 'reading' },
    1: { phase: 'loading' },
    10: { phase: 'probes', done: 0, total: 720, secondsLeft: 80 },
    50: { phase: 'probes', done: 300, total: 720, secondsLeft: 40 },
  };

  it('is one line a phase, and one every half a minute', () => {
    expect(logOf(75, reports)).toEqual([
      '2: loading weights',
      '11: probes 0/720, 1 min 19 s left',
      '41: probes 0/720, 49 s left',
      '71: probes 300/720, 19 s left',
    ]);
  });

  it('is nothing for a run that is over soon', () => {
    expect(logOf(4, reports, 5)).toEqual([]);
    expect(logOf(59, reports, 60)).toEqual([]);
    expect(logOf(60, reports, 60)).toEqual(['60: probes 300/720, 30 s left']);
  });

  it('contains no command of a runner, whatever a matrix is called', () => {
    const [line = ''] = logOf(2, { 0: { phase: 'spectra', done: 1, total: 2, item: '::error::x\n##[error]y' } });
    expect(line).not.toMatch(/::error|##\[|\n/);
  });
});
