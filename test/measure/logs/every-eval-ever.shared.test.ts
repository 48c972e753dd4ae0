import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readCounts, readEveryEvalEver, readLmEval } from '@shadow-gate/harness';
import type { Benchmarks } from '@shadow-gate/harness/benchmarks';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/compare/report.ts';
import { checkLogs } from '../../../src/gate/check-logs.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';

/** Made from lm-eval/ by the converter of Every Eval Ever. */
const own = (side: string) => fixture('every-eval-ever', side);
const harness = (side: string) => fixture('lm-eval', side);

function judged(candidate: string, baseline: string): Promise<Report> {
  return checkLogs({ kind: 'every-eval-ever', path: candidate }, { baseline, today: new Date() }).then(
    ({ report }) => report,
  );
}

/** What both formats have of a run: the documents in their order, with the values of every metric. */
function numbersIn({ tasks }: Benchmarks) {
  const sorted = [...tasks].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map(({ name, repeats, metrics, documents }) => ({
    ...{ name, repeats, metrics },
    documents: documents?.map(({ id, values }) => ({ id, values })),
  }));
}

type Json = Record<string, unknown>;
interface Written {
  readonly log?: Json;
  readonly result?: Json;
  readonly metric?: Json;
  readonly details?: Json | null;
  readonly row?: (line: number) => Json;
}

/** Scores of one answer each to samples of one evaluation, with one result, as another program might write them. */
function written(scores: readonly number[], { log, result, metric, details, row }: Written = {}, name = 'own'): string {
  const folder = join(temporaryFolder(), name);
  mkdirSync(join(folder, 'lines'), { recursive: true });
  const version = { schema_version: '0.3.0', evaluation_id: 'own/1' };
  const lines = scores.map((score, i) =>
    JSON.stringify({
      ...{ ...version, model_id: 'org/model', evaluation_name: 'sums', evaluation_result_id: 'acc' },
      ...{ sample_id: String(i), interaction_type: 'single_turn', answer_attribution: [] },
      ...{ input: { raw: `${i} + 1`, reference: [String(i + 1)] }, output: { raw: [''] } },
      evaluation: { score, is_correct: score === 1 },
      ...row?.(i),
    }),
  );
  const text = lines.map((line) => `${line}\n`).join('');
  writeFileSync(join(folder, 'lines', 'own.jsonl'), text);
  const given = {
    ...{ format: 'jsonl', file_path: 'lines/own.jsonl', hash_algorithm: 'sha256' },
    checksum: createHash('sha256').update(text).digest('hex'),
    total_rows: lines.length,
    ...details,
  };
  const content = {
    ...version,
    retrieved_timestamp: '1796000000',
    evaluation_timestamp: '2026-11-26T12:00:00Z',
    source_metadata: { source_type: 'evaluation_run', source_organization_name: '', evaluator_relationship: 'other' },
    eval_library: { name: 'own', version: 'unknown' },
    model_info: { name: 'model', id: 'org/model', additional_details: {} },
    evaluation_results: [
      {
        ...{ evaluation_result_id: 'acc', evaluation_name: 'sums' },
        source_data: { source_type: 'other', dataset_name: 'sums' },
        metric_config: { metric_name: 'acc', metric_kind: 'accuracy', lower_is_better: false, ...metric },
        score_details: { score: scores.reduce((sum, score) => sum + score, 0) / scores.length },
        ...result,
      },
    ],
    ...(details === null ? {} : { detailed_evaluation_results: given }),
    ...log,
  };
  writeFileSync(join(folder, 'own.json'), JSON.stringify(content));
  return folder;
}

const right = (count: number, of: number) => Array.from({ length: of }, (_, i) => Number(i < count));

/** A copy of the fixture's candidate, to be damaged. */
function copied() {
  const folder = join(temporaryFolder(), 'logs');
  cpSync(own('candidate'), folder, { recursive: true });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const path = (pattern: RegExp) => join(folder, files.find((name) => pattern.test(name)) ?? '');
  return { folder, log: path(/facts.*\.json$/), samples: path(/facts.*\.jsonl$/) };
}

function edit(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  writeFileSync(file, edited);
}

describe('logs of Every Eval Ever', () => {
  it.each(['base', 'candidate'])(
    'have the items, values and standard errors of the log of lm-evaluation-harness that they were made of: %s',
    async (side) => {
      const read = await readEveryEvalEver(own(side));
      expect(numbersIn(read)).toEqual(numbersIn(await readLmEval(harness(side))));
      expect(read.model).toMatchObject({ name: `models/${side}`, revision: 'main', parameters: 134515008 });
      expect(read.runs[0]).toMatchObject({ version: 'lm_eval 0.4.13' });
    },
  );

  it('are judged as the log of lm-evaluation-harness is', async () => {
    const logs = { kind: 'lm-eval', path: harness('candidate') } as const;
    const [report, { report: expected }] = await Promise.all([
      judged(own('candidate'), own('base')),
      checkLogs(logs, { baseline: harness('base'), today: new Date() }),
    ]);
    const byName = (rows: Report['benchmarks']) =>
      [...(rows ?? [])].sort((a, b) =>
        `${a.task} ${a.metric} ${a.filter}` < `${b.task} ${b.metric} ${b.filter}` ? -1 : 1,
      );
    expect(byName(report.benchmarks)).toEqual(byName(expected.benchmarks));
    expect(report.verdict).toBe('fail');
    const losses = (of: Report) => of.findings.filter(({ kind }) => kind === 'benchmark-loss');
    expect(losses(report)).toEqual(losses(expected));
    expect((await judged(own('base'), own('base'))).verdict).toBe('pass');
  });

  it('round-trip through the schema, without any text of a sample', async () => {
    const measurement = await measureLogs({ kind: 'every-eval-ever', path: own('base') });
    const text = JSON.stringify(measurement);
    expect(parseMeasurement(text, 'base')).toEqual(measurement);
    for (const word of ['8 + 4', 'Question', 'capital', 'Paris']) expect(text).not.toContain(word);
  });

  it('count several answers to a sample by sample, as counts of them do', async () => {
    const counts = fixture('counts', 'base.jsonl');
    const { tasks } = await readCounts(counts);
    const [seen] = tasks;
    const answers = readFileSync(counts, 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { suite: string; id: number; correct: number }]))
      .filter(({ suite }) => suite === 'seen')
      .flatMap(({ id, correct }) => right(correct, 10).map((score) => ({ id: String(id), score })));
    const row = (line: number) => ({
      sample_id: answers[line]?.id,
      input: { raw: answers[line]?.id, reference: ['1'] },
    });
    const folder = written(
      answers.map(({ score }) => score),
      { row },
    );
    const [task] = (await readEveryEvalEver(folder)).tasks;
    expect(task?.repeats).toBe(10);
    expect(task?.metrics[0]?.ofSamples).toBe('share');
    const values = (of: typeof task) => of?.documents?.map((document) => document.values[0]).sort();
    expect(values(task)).toEqual(values(seen));
    const { verdict, benchmarks } = await judged(folder, folder);
    expect([verdict, benchmarks?.[0]?.samples, benchmarks?.[0]?.n]).toEqual(['pass', 10, 125]);
  });

  it('count luck by the choices, also where a metric asks for each twice, and where several are right', async () => {
    const choices = (texts: string[], reference: string[]) => ({
      row: (i: number) => ({ input: { raw: `${i}`, reference, choices: texts } }),
    });
    const first = async (options: Written) =>
      (await readEveryEvalEver(written(right(1, 2), options))).tasks[0]?.documents?.[0];
    expect(await first(choices(['A', 'B', 'C', 'D'], ['1']))).toMatchObject({ choices: 4 });
    expect(await first(choices(['A', 'B', 'A', 'B'], ['1']))).toMatchObject({ choices: 2 });
    // Within a sentence both choices end alike.
    expect(await first(choices(['is large', 'is large'], ['1']))).toMatchObject({ choices: 2 });
    expect(await first(choices(['A', 'B', 'C', 'D'], ['[0, 2]']))).toMatchObject({ choices: 4, rightChoices: 2 });
    expect(await first(choices(['A', 'B', 'C', 'D'], ['A', 'C']))).toMatchObject({ choices: 4, rightChoices: 2 });
  });
});

describe('what logs of Every Eval Ever cannot show is said, and never green', () => {
  const findings = async (candidate: string, baseline = candidate) => {
    const report = await judged(candidate, baseline);
    return [report.verdict, ...report.findings.map((own) => ('cause' in own ? `${own.kind} ${own.cause}` : own.kind))];
  };

  it('scores without those of samples', async () => {
    const folder = written(right(60, 80), { details: null });
    rmSync(join(folder, 'lines'), { recursive: true });
    expect(await findings(folder)).toEqual(
      expect.arrayContaining(['inconclusive', 'benchmark-not-comparable samples']),
    );
  });

  it.each([
    ['a lower score is better', { metric: { lower_is_better: true } }],
    ['1 is not the best score', { metric: { max_score: 10 } }],
    ['levels', { metric: { score_type: 'levels', level_names: ['a', 'b'] } }],
    ['1 counts as wrong', { row: (i: number) => ({ evaluation: { score: Number(i < 60), is_correct: false } }) }],
    ['another number is reported', { result: { score_details: { score: 0.9 } } }],
  ])('%s', async (_, options) => {
    expect(await findings(written(right(60, 80)))).toContain('pass');
    expect(await findings(written(right(60, 80), options))).toEqual(
      expect.arrayContaining(['inconclusive', 'benchmark-not-judged']),
    );
  });

  it('scores between right and wrong', async () => {
    const scores = right(60, 80).map((score) => score / 2);
    expect(await findings(written(scores))).toEqual(expect.arrayContaining(['inconclusive', 'benchmark-not-judged']));
  });

  it.each([
    [
      'other prompts',
      'prompts',
      { row: (i: number) => ({ input: { raw: `${i} + 1`, formatted: `Q: ${i} + 1`, reference: [`${i + 1}`] } }) },
    ],
    [
      'another first message',
      'prompts',
      { row: () => ({ messages: [{ turn_idx: 0, role: 'system', content: 'Think.' }] }) },
    ],
    ['other right answers', 'targets', { row: (i: number) => ({ input: { raw: `${i} + 1`, reference: ['1'] } }) }],
    [
      'another number of few-shot examples',
      'shots',
      { result: { generation_config: { additional_details: { num_fewshot: '5' } } } },
    ],
    ['another temperature', 'requests', { result: { generation_config: { generation_args: { temperature: 1 } } } }],
    [
      'another judge',
      'scoring',
      { metric: { llm_scoring: { judges: [{ model_info: { id: 'org/judge' } }], input_prompt: '' } } },
    ],
    ['another library', 'scoring', { log: { eval_library: { name: 'other', version: '1' } } }],
  ])('%s', async (_, cause, options) => {
    const found = await findings(written(right(60, 80), options), written(right(60, 80)));
    expect(found).toEqual(expect.arrayContaining(['inconclusive', `benchmark-not-comparable ${cause}`]));
  });

  it('speed and command lines are no difference', async () => {
    const config = { generation_args: { execution_command: 'run a' }, additional_details: { max_connections: '8' } };
    expect(
      await findings(written(right(60, 80), { result: { generation_config: config } }), written(right(60, 80))),
    ).toContain('pass');
  });
});

describe('logs of Every Eval Ever that are refused', () => {
  const refused = (folder: string) => expect(readEveryEvalEver(folder)).rejects;

  it('a file of samples that was cut off, damaged or left out', async () => {
    const cut = copied();
    writeFileSync(cut.samples, readFileSync(cut.samples).subarray(0, 4000));
    await refused(cut.folder).toThrow(/_samples\.jsonl is not the file of the checksum/);
    const absent = copied();
    rmSync(absent.samples);
    await refused(absent.folder).toThrow(/the file of samples "data\/sg_common_facts\/.*" is not there/);
    const stray = copied();
    rmSync(stray.log);
    await refused(stray.folder).toThrow(/_samples\.jsonl belongs to no log/);
    // Without a checksum, by the number of lines or of samples.
    await refused(written(right(2, 4), { details: { checksum: null, total_rows: 5 } })).toThrow(
      'ends after 4 lines, and its log says 5',
    );
    const counted = { score_details: { score: 0.5, uncertainty: { num_samples: 5 } } };
    await refused(written(right(2, 4), { result: counted })).toThrow(
      'has 4 samples of sums for acc (none), and its result is of 5',
    );
  });

  it('scores whose mean is another one than reported', async () => {
    const { folder, log } = copied();
    edit(log, '"score": 0.75', '"score": 0.85');
    await refused(folder).toThrow('the mean of acc (none) is 0.75, and the results have 0.85');
  });

  it.each(['../own.jsonl', 'lines/../../own.jsonl', '/etc/own.jsonl', 'lines\\own.jsonl', 'C:/own.jsonl'])(
    'a file of samples elsewhere: %s',
    async (path) => {
      await refused(written(right(2, 4), { details: { file_path: path } })).toThrow(
        `"${path.replace(/\\/g, '\\\\')}" is not inside its folder`,
      );
    },
  );

  it('a link in place of the file of samples', async () => {
    const folder = written(right(2, 4));
    const file = join(folder, 'lines', 'own.jsonl');
    renameSync(file, join(dirname(folder), 'elsewhere.jsonl'));
    symlinkSync(join(dirname(folder), 'elsewhere.jsonl'), file);
    await refused(folder).toThrow('is not there');
  });

  it.each([
    ['another version', { log: { schema_version: '0.2.2' } }, /own\.json has version 0\.2\.2 .* and 0\.3 is read/],
    ['another version of a line', { row: () => ({ schema_version: '0.4.0' }) }, /own\.jsonl:1 has version 0\.4\.0/],
    [
      'a line of another run',
      { row: (i: number) => (i === 2 ? { evaluation_id: 'x' } : {}) },
      /own\.jsonl:3 is of "x"/,
    ],
    ['a line of another model', { row: () => ({ model_id: 'x' }) }, /own\.jsonl:1 is of .* and "x"/],
    [
      'a line of no result',
      { row: () => ({ evaluation_result_id: 'f1' }) },
      /:1: the log has no result "sums" with the id "f1"/,
    ],
    [
      'a line of no evaluation',
      { row: () => ({ evaluation_name: 'x', evaluation_result_id: null }) },
      /:1: the log has no result "x"/,
    ],
    [
      'an answer that failed',
      { row: (i: number) => (i === 1 ? { error: 'timeout' } : {}) },
      /:2: sample 1 ended in an error/,
    ],
    [
      'an epoch twice',
      { row: () => ({ sample_id: '0', input: { raw: '', reference: [] }, metadata: { epoch: '1' } }) },
      /:2: sample 0, epoch 1, is there twice/,
    ],
    [
      'a line without a score',
      { row: () => ({ evaluation: { is_correct: true } }) },
      /:1 is not a log of Every Eval Ever: evaluation\.score/,
    ],
    [
      'a log without results',
      { log: { evaluation_results: [] } },
      /own\.json is not a log of Every Eval Ever: evaluation_results/,
    ],
  ])('%s', async (_, options, message) => {
    await refused(written(right(2, 4), options)).toThrow(message);
  });

  it('two results that nothing tells apart, two logs of one evaluation, and none', async () => {
    const twice = written(right(2, 4));
    const file = join(twice, 'own.json');
    const log = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(
      file,
      JSON.stringify({ ...log, evaluation_results: [...log.evaluation_results, ...log.evaluation_results] }),
    );
    await refused(twice).toThrow('has several results of sums for acc (none)');
    const again = written(right(2, 4));
    cpSync(written(right(2, 4)), join(again, 'later'), { recursive: true });
    await refused(again).toThrow(/has sums twice: in later\/own\.json and in own\.json/);
    await refused(harness('base')).toThrow('has no logs of Every Eval Ever');
    await refused(join(harness('base'), 'absent')).toThrow('does not exist');
  });
});
