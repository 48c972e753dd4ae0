import { describe, expect, it } from 'vitest';
import { measure, openMeasuredReference } from '../../src/measure/measure.ts';
import { ADAPTERS, adapterFixture, expectedOf } from '../checkpoint/adapter/adapters.ts';
import { fixture } from '../fixtures.ts';

/** Name → singular values of the updates of an adapter. */
async function updatesOf(name: string, base?: string): Promise<Map<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  await measure({
    checkpoint: adapterFixture(name),
    reference: await openMeasuredReference(base),
    device: 'cpu',
    onSpectrum: (tensor, values) => {
      if (tensor.of === 'delta' && (tensor.loraRank !== undefined || name.includes('dora')))
        found.set(tensor.name, [...values]);
    },
  });
  return found;
}

const isDora = (name: string) => name.includes('dora');
/** Fused, so that its parts are measured. */
const isFused = (name: string) => /c_attn/.test(name);

function expectClose(found: Map<string, readonly number[]>, name: string): void {
  const expected = Object.entries(expectedOf(name).singularValues).filter(([target]) => !isFused(target));
  expect([...found.keys()].filter((target) => !isFused(target)).sort()).toEqual(
    expected.map(([target]) => target).sort(),
  );
  for (const [target, values] of expected) {
    const own = found.get(target) ?? [];
    expect(own.length, target).toBe(values.length);
    const apart = values.map((value, i) => Math.abs(value - (own[i] ?? Number.NaN)) / (values[0] ?? 1));
    expect(Math.max(...apart), target).toBeLessThan(1e-6);
  }
}

describe('the update of an adapter has the singular values that PEFT or mlx-lm gives it', () => {
  it.each(ADAPTERS.filter((name) => !isDora(name)))('alone: %s', async (name) => {
    expectClose(await updatesOf(name), name);
  });

  it.each(ADAPTERS.filter((name) => !isDora(name)))('with its base: %s', async (name) => {
    expectClose(await updatesOf(name, fixture('language-models', expectedOf(name).base)), name);
  });
});
