import { describe, expect, it } from 'vitest';
import type { ProbeItem } from '../src/item.ts';
import { chooseReadings } from '../src/reading.ts';

const CPU = { device: 'cpu', tokenizer: {} as never };

function item(fact: string, part: Partial<ProbeItem>): ProbeItem {
  const { form = 'benchmark', cluster = 'exam' } = part;
  const id = form === 'benchmark' ? fact : `${fact}.${cluster}`;
  const question = { kind: 'exact', target: '1' } as const;
  return { id, fact, capability: 'x', family: 'x', form, cluster, prompt: `Question ${id}`, question, ...part };
}

const pairs = (count: number, kind: 'fresh' | 'format') =>
  Array.from({ length: count }, (_, i) => [
    item(`q${i}`, {}),
    item(`q${i}`, { form: 'twin', kind, cluster: kind }),
  ]).flat();

const SUITE = { name: 's', version: null };

describe('the prompts that are read', () => {
  it('are those of benchmark forms with fresh twins, and of these twins', () => {
    const items = [...pairs(3, 'fresh'), ...pairs(2, 'format').map((one) => ({ ...one, fact: `f${one.fact}` }))];
    const read = chooseReadings([{ suite: SUITE, items }], CPU).get('s');
    expect([...(read ?? [])].sort()).toEqual(['q0', 'q0.fresh', 'q1', 'q1.fresh', 'q2', 'q2.fresh']);
  });

  it('are at most 200 facts, the same whatever else is asked', () => {
    const items = pairs(500, 'fresh');
    const read = chooseReadings([{ suite: SUITE, items }], CPU).get('s') ?? new Set();
    expect(read.size).toBe(400);
    const reversed = chooseReadings([{ suite: SUITE, items: items.toReversed() }], CPU).get('s') ?? new Set();
    expect(new Set(reversed)).toEqual(new Set(read));
    // From a part of the items, those that were chosen before are chosen again.
    const part = items.filter(({ fact }) => Number(fact.slice(1)) % 2 === 0);
    const ofPart = chooseReadings([{ suite: SUITE, items: part }], CPU).get('s') ?? new Set();
    expect(part.filter(({ id }) => read.has(id)).every(({ id }) => ofPart.has(id))).toBe(true);
  });

  it('are those of a group and of its benchmark, each prompt once', () => {
    const group = Array.from({ length: 3 }, (_, i) => item(`g${i}`, { form: 'twin', kind: 'group' }));
    const text = group.map((one) => ({ ...one, id: `${one.id}.text` }));
    const read = chooseReadings(
      [
        { suite: SUITE, items: pairs(2, 'format') },
        { suite: { name: 'g', version: null, twinsOf: 's' }, items: [...group, ...text] },
      ],
      CPU,
    );
    expect([...(read.get('s') ?? [])].sort()).toEqual(['q0', 'q1']);
    expect(read.get('g')?.size).toBe(3);
  });

  it('are none of the built-in suite, and none at a server', () => {
    const items = pairs(3, 'fresh');
    expect(chooseReadings([{ suite: { name: 'builtin', version: 2 }, items }], CPU).get('builtin')?.size).toBe(0);
    expect(chooseReadings([{ suite: SUITE, items }], { ...CPU, device: 'endpoint' }).get('s')?.size).toBe(0);
    expect(chooseReadings([{ suite: SUITE, items }], { device: 'cpu', tokenizer: null }).get('s')?.size).toBe(0);
  });
});
