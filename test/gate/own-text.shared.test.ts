import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/gate/check.ts';
import { repository } from '../fixtures.ts';
import { checkOptions, type FlatOptions } from './check-options.ts';

const example = (name: string) => repository('examples', name);

/** A store in memory. */
class Memory implements KeyValueStore {
  readonly texts = new Map<string, string>();
  readonly get = async (key: string) => this.texts.get(key) ?? null;
  readonly set = async (key: string, text: string) => void this.texts.set(key, text);
}

/** The baseline is measured once. */
const store = new Memory();

async function checked(checkpoint: string, over: Partial<FlatOptions> = {}) {
  const policy = repository('examples', 'shadow-gate.yml');
  const options = { checkpoint, baseline: example('base'), policy, only: 'probes', device: 'cpu', store } as const;
  return check(checkOptions({ ...options, ...over }));
}

async function drawnIn(over: Partial<FlatOptions>) {
  const { measurement, report } = await checked(example('base'), over);
  if (measurement.probes?.status !== 'measured') throw new Error('no probes');
  return { own: measurement.probes.ownText, row: report.ownText };
}

describe('own text', () => {
  it('is 0 for the same weights, drawn in this run', async () => {
    const { own, row } = await drawnIn({});
    expect(row).toMatchObject({ natsPerToken: 0, low: 0, high: 0, drawn: 'now', tooLong: 0 });
    expect(row?.texts).toBeGreaterThan(32);
    // What stops early is no baseline: nobody will read its texts.
    expect(own).toMatchObject({ read: { drawn: 'now', isInTokens: true } });
    expect(own?.drawn).toBeUndefined();
  });

  it('is drawn anew in each run, also of a baseline that is not measured again, and is kept in no store', async () => {
    const first = await drawnIn({});
    expect(store.texts.size).toBeGreaterThan(0);
    const second = await drawnIn({});
    expect(second.own?.read?.digest).not.toBe(first.own?.read?.digest);
    expect(second.row).toMatchObject({ natsPerToken: 0, drawn: 'now' });
    const again = await drawnIn({ orderSeed: 7 });
    expect((await drawnIn({ orderSeed: 7 })).own).toEqual(again.own);
  });
});
