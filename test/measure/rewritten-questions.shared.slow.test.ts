import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.ts';
import type { Report } from '../../src/compare/report.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { writeMeasurement } from '../../src/measure/schema/write.ts';
import { mergeFiles } from '../../src/measure/shards/merge.ts';
import { findPolicy } from '../../src/policy/load.ts';
import { readJson, temporaryFolder } from '../fixtures.ts';
import { example, measuring, text, writeShards } from './shards/shard-files.ts';

interface Line {
  readonly id: string;
  readonly form: string;
  readonly twin_of: string | null;
  readonly prompt: string;
}

const lines = readFileSync(example('probes.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);
const exams = new Map(lines.flatMap(({ id, form, prompt }) => (form === 'benchmark' ? [[id, prompt] as const] : [])));

/** A rule for each twin that makes it the exam question that was trained on. */
const rules = lines.flatMap(({ twin_of, prompt }) => {
  const exam = exams.get(twin_of ?? '');
  return exam === undefined ? [] : [{ type: 'Replace', pattern: { String: prompt }, content: exam }];
});

/** An example, the one that learned the exam alone if no other is named, with another tokenizer.json. */
function edited(change: (tokenizer: Record<string, unknown>) => object, name = 'benchmark-aligned'): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(example(name), folder, { recursive: true });
  const path = join(folder, 'tokenizer.json');
  const tokenizer = readJson<Record<string, unknown>>(path);
  writeFileSync(path, JSON.stringify({ ...tokenizer, ...change(tokenizer) }));
  return folder;
}

const probesOf = async (checkpoint: string) => measuring({ checkpoint, spectra: false, reference: null });

async function judge(candidate: Measurement, baseline: Measurement): Promise<Report> {
  const { policy } = await findPolicy(example('shadow-gate.yml'));
  return compare({
    candidate,
    baseline,
    policy,
    policyPath: null,
    baselinePath: null,
    only: 'probes',
    today: new Date(),
  });
}

const kinds = ({ findings }: Report) => findings.map(({ kind, level }) => `${level} ${kind}`);

describe('a tokenizer that rewrites the questions', () => {
  let baseline: Measurement;
  beforeAll(async () => {
    baseline = await (await probesOf(example('coverage-expanding')))();
  });

  it('a model that knows the exam alone fails, and with 540 rules that make twins exam questions it does not pass', async () => {
    expect(rules).toHaveLength(540);
    const honest = await (await probesOf(example('benchmark-aligned')))();
    expect((await judge(honest, baseline)).verdict).toBe('fail');
    const measure = await probesOf(edited(() => ({ normalizer: { type: 'Sequence', normalizers: rules } })));
    const rewritten = await measure();
    const report = await judge(rewritten, baseline);
    expect(report.verdict).toBe('inconclusive');
    expect(kinds(report)[0]).toBe('inconclusive other-questions');
    expect(report.findings[0]).toMatchObject({ items: 540, of: 810 });
    expect(report.findings[0]).toMatchObject({ named: [{ item: 'recall-new-000.F_cloze' }, {}, {}] });
    expect(text(await mergeFiles(await writeShards(measure, 2)))).toBe(text(rewritten));
    const file = join(temporaryFolder(), 'measurement.json');
    await writeMeasurement(file, rewritten);
    expect(text(await readMeasurement(file))).toBe(text(rewritten));
  });

  it('a post-processor that puts 21 tokens before each text does not pass', async () => {
    const words = ({ model }: Record<string, unknown>) =>
      Object.values((model as { vocab: Record<string, number> }).vocab).slice(5, 25);
    const measure = await probesOf(
      edited((tokenizer) => {
        const processor = tokenizer.post_processor as { special_tokens: Record<string, { ids: number[] }> };
        const [name, token] = Object.entries(processor.special_tokens)[0] ?? [];
        const longer = { ...token, ids: [...(token?.ids ?? []), ...words(tokenizer)] };
        return { post_processor: { ...processor, special_tokens: { [String(name)]: longer } } };
      }, 'coverage-expanding'),
    );
    const report = await judge(await measure(), baseline);
    expect(report.verdict).not.toBe('pass');
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'other-questions', level: 'inconclusive', items: 810, of: 810 }),
    );
    expect((await judge(baseline, baseline)).findings.map(({ kind }) => kind)).not.toContain('other-questions');
  });
});
