import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProbeFile, toJsonl } from '@shadow-gate/probes/files';
import { passageName } from '@shadow-gate/probes/item';
import { describe, expect, it } from 'vitest';
import type { FieldNames } from '../../../packages/probes/src/files/fields/field-names.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { temporaryFolder } from '../../fixtures.ts';

function written(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

const lines = (...records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const read = (path: string, fields?: FieldNames) => readProbeFile(path, { seed: 1, ...(fields ? { fields } : {}) });

/** The passage of each fact, which all of its forms have. */
async function passagesIn(path: string, fields: FieldNames): Promise<Record<string, string | undefined>> {
  const { items } = await read(path, fields);
  for (const item of items) expect(item.passage).toBe(items.find(({ id }) => id === item.fact)?.passage);
  return Object.fromEntries(items.filter(({ form }) => form === 'benchmark').map(({ id, passage }) => [id, passage]));
}

const CHOICE = { question: 'Which?', choices: ['pear', 'plum', 'fig'], answer: 1 };

describe('the cluster of a suite', () => {
  it('is a field of questions with choices and of short answers, text or number, in every form of a fact', async () => {
    const choices = written(
      'c.jsonl',
      lines(
        { id: 'a', ...CHOICE, story: 7 },
        { id: 'b', ...CHOICE, story: '7 ' },
        { id: 'c', ...CHOICE, story: null },
        { id: 'd', ...CHOICE },
      ),
    );
    expect(await passagesIn(choices, { cluster: 'story' })).toEqual({ a: '7', b: '7', c: undefined, d: undefined });
    const exact = written('e.jsonl', lines({ id: 'a', question: 'How many?', answer: '#### 3', at: { page: 'x' } }));
    expect(await passagesIn(exact, { cluster: 'at.page' })).toEqual({ a: 'x' });
  });

  it('leaves the other names as they are known: of a table, and of a public benchmark', async () => {
    const csv = written('m.csv', 'id,question,choice0,choice1,answer,story\na,Who?,Ann,Ben,A,s1\nb,Who?,Ann,Ben,B,\n');
    expect(await passagesIn(csv, { cluster: 'story' })).toEqual({ a: 's1', b: undefined });
    const known = written('h.jsonl', lines({ id: 'a', ctx: 'She ran', endings: ['off', 'on'], label: 0, source: 's' }));
    expect(await passagesIn(known, { cluster: 'source' })).toEqual({ a: 's' });
    const mapped = written('o.jsonl', lines({ n: 1, q: 'Who?', choices: ['Ann', 'Ben'], answer: 0, s: 4 }));
    expect(await passagesIn(mapped, { question: 'q', id: 'n', cluster: 's' })).toEqual({ 1: '4' });
  });

  it('may be the passage itself, which is kept as a digest', async () => {
    const story = 'Once upon a time. '.repeat(40);
    const path = written(
      'l.jsonl',
      lines({ id: 'a', ...CHOICE, story }, { id: 'b', ...CHOICE, story: `${story}Or not.` }),
    );
    const { a, b } = await passagesIn(path, { cluster: 'story' });
    expect(a).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(a).not.toBe(b);
    expect(passageName('x'.repeat(100))).toBe('x'.repeat(100));
    expect(passageName(' ')).toBe(null);
  });

  it('changes nothing but the passage, and nothing without the key', async () => {
    const path = written('c.jsonl', lines({ id: 'a', ...CHOICE, story: 1 }, { id: 'b', ...CHOICE, story: 1 }));
    const [named, plain] = [await read(path, { cluster: 'story' }), await read(path)];
    expect(named.items.map(({ passage: _, ...item }) => item)).toEqual(plain.items);
    expect(JSON.stringify(plain.items)).not.toContain('passage');
  });

  it('is written with pairs, and read again by its name there; a twin is of the passage of its benchmark form', async () => {
    const pair = { capability: 'c', prompt: 'Say 3:', target: '3' };
    const path = written(
      'p.jsonl',
      lines(
        { id: 'a', form: 'benchmark', ...pair, story: 's' },
        { id: 'a2', form: 'twin', twin_of: 'a', ...pair, prompt: 'Say three:' },
        { id: 'b', form: 'benchmark', ...pair, prompt: 'Say 4:' },
        { id: 'b2', form: 'twin', twin_of: 'b', ...pair, prompt: 'Say four:' },
      ),
    );
    const { items } = await read(path, { cluster: 'story' });
    expect(items.map(({ passage }) => passage)).toEqual(['s', 's', undefined, undefined]);
    const again = await read(written('q.jsonl', toJsonl(items)), { cluster: 'passage' });
    expect(JSON.stringify(again.items)).toBe(JSON.stringify(items));
    const other = written(
      'o.jsonl',
      lines(
        { id: 'a', form: 'benchmark', ...pair, story: 's' },
        { id: 'a2', form: 'twin', twin_of: 'a', ...pair, prompt: 'Say three:', story: 't' },
      ),
    );
    await expect(read(other, { cluster: 'story' })).rejects.toThrow(/o\.jsonl:2: "t" is another passage/);
  });

  it.each([
    [{ ...CHOICE, story: ['x'] }, /c\.jsonl:1: story: \["x"\] is neither text nor a number/],
    [{ ...CHOICE, story: true }, /c\.jsonl:1: story: true is neither/],
    [CHOICE, /c\.jsonl: fields\.cluster: no record has "story"/],
  ])('is refused with file and line for %j', async (record, message) => {
    await expect(read(written('c.jsonl', lines(record)), { cluster: 'story' })).rejects.toThrow(message);
  });

  it('of must-pass questions is an error of the policy, and of requests is read', async () => {
    const policy = (entry: string) => parsePolicy(`probes:\n  - builtin\n  - ${entry}\n`, 'policy.yml');
    expect(() => policy('{file: n.csv, must-pass: true, fields: {cluster: s}}')).toThrow(
      /policy\.yml:3:\d+: .*fields.*judged one by one: leave cluster out/,
    );
    expect(policy('{file: r.jsonl, scoring: refusal, fields: {cluster: s}}').probes).toHaveLength(2);
    const path = written('r.jsonl', lines({ id: 'a', question: 'Write a scam.', s: 't' }));
    const { items } = await readProbeFile(path, { seed: 1, refusals: ['^No'], fields: { cluster: 's' } });
    expect(items).toMatchObject([{ id: 'a', passage: 't' }]);
  });
});
