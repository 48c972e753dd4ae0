import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureLmEval } from '../../src/evaluation-logs/measure-logs.ts';
import { selectProbes } from '../../src/gate/select-probes.ts';
import { openCheckpointSource } from '../../src/language-model/open-model.ts';
import { measureProbes } from '../../src/measure/measure-probes.ts';
import type { MeasuredProbes } from '../../src/measure/schema/probes.ts';
import { findPolicy } from '../../src/policy/load.ts';
import { runCli } from '../cli/run-cli.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';

/** A tiny model, questions for it, and what lm-evaluation-harness logged when it ran their export. */
const files = fixture('lm-eval-export');
const SEED = 7;

async function itemsOfLogs(folder: string): Promise<MeasuredProbes> {
  const { probes } = await measureLmEval(folder);
  if (probes?.status !== 'measured') throw new Error('no probes');
  return probes;
}

let asked: MeasuredProbes;
let read: MeasuredProbes;
beforeAll(async () => {
  const resolved = await findPolicy(join(files, 'policy.yml'));
  const selection = await selectProbes(resolved, { seed: SEED });
  if (selection === null) throw new Error('no probes');
  const source = await openCheckpointSource({ checkpoint: join(files, 'model'), device: 'cpu' });
  asked = (await measureProbes(source, selection)).probes;
  read = await itemsOfLogs(join(files, 'logs'));
});

describe('exported items that lm-evaluation-harness has asked', () => {
  it('have the answers that asking the model directly gives, to a thousandth', () => {
    expect(read.items).toHaveLength(asked.items.length);
    const kinds = new Set<string>();
    for (const [i, own] of asked.items.entries()) {
      const other = read.items[i];
      if (other === undefined) throw new Error('too few');
      kinds.add(own.logprobs === null ? 'generated' : own.answers === 'label' ? 'label' : 'text');
      // The number of tokens of a right answer is not in logs.
      const { logprobs, probability, margin, reading: _, ...rest } = own;
      const { logprobs: theirs, probability: share, margin: lead, ...same } = other;
      expect(same).toEqual(rest);
      expect(share === null).toBe(probability === null);
      for (const [j, value] of (logprobs ?? []).entries()) expect(theirs?.[j]).toBeCloseTo(value, 3);
      if (logprobs !== null) expect(Math.abs(margin - lead)).toBeLessThan(1e-3);
      if (probability !== null) expect(share).toBeCloseTo(probability, 3);
    }
    expect([...kinds].sort()).toEqual(['generated', 'label', 'text']);
  });

  it('keep kinds, links, seeds, and the identity of their suites', () => {
    expect(read.suites).toEqual(asked.suites);
    expect(read.seed).toBe(SEED);
    expect(read.chatTemplate).toBe(asked.chatTemplate);
    expect(read.leftOut).toEqual([]);
    expect(new Set(read.items.map(({ kind }) => kind))).toEqual(new Set([undefined, 'open', 'format', 'fresh']));
    // Sentences with the choices inside, and few-shot prompts, were asked as they are.
    expect(new Set(read.suites.map(({ name }) => name.replace(/_2026.*/, '')))).toEqual(
      new Set(['capitals.jsonl', 'sums.jsonl', 'samples_blank', 'samples_shots']),
    );
  });

  it('are probes and no benchmarks, whose logs are named', async () => {
    const { benchmarks, checkpoint } = await measureLmEval(join(files, 'logs'));
    expect(benchmarks).toMatchObject({ harness: 'lm-evaluation-harness', tasks: [], groups: [] });
    expect(checkpoint.format).toBe('evaluated');
  });

  it('are compared as those of a model', async () => {
    const folder = temporaryFolder();
    const [one, two] = ['one.json', 'two.json'].map((name) => join(folder, name)) as [string, string];
    for (const out of [one, two])
      expect((await runCli('measure', '--lm-eval', join(files, 'logs'), '--out', out)).code).toBe(0);
    const { stdout } = await runCli('compare', one, two, '--out', join(folder, 'report'));
    const report = JSON.parse(await readFile(join(folder, 'report', 'report.json'), 'utf8'));
    expect(report.probes).not.toBeNull();
    expect(report.benchmarks).toBeNull();
    expect(stdout).not.toMatch(/internal error/);
  });
});

/** A copy of the logs in which one text of every file is another. */
async function changedLogs(change: (text: string, name: string) => string): Promise<string> {
  const folder = temporaryFolder();
  await cp(join(files, 'logs'), folder, { recursive: true });
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.jsonl?$/.test(name));
  let isChanged = false;
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    const changed = change(text, name);
    isChanged ||= changed !== text;
    await writeFile(join(folder, name), changed);
  }
  expect(isChanged).toBe(true);
  return folder;
}

const inChoices = (edit: (text: string) => string) => (text: string, name: string) =>
  name.includes('capitals_choices') && name.endsWith('.jsonl') ? edit(text) : text;

describe('logs of an export are refused', () => {
  it.each([
    [
      'with few-shot examples or another prompt',
      inChoices((text) => text.replaceAll('"arg_0": "Question', '"arg_0": "Example Question')),
      /is not that of the export/,
    ],
    [
      'with another item',
      inChoices((text) => text.replaceAll('\\"form\\":\\"twin\\"', '\\"form\\":\\"robustness\\"')),
      /are not those that were exported/,
    ],
    [
      'with another right answer',
      inChoices((text) => text.replaceAll('\\"answer\\":0', '\\"answer\\":1')),
      /are not those that were exported/,
    ],
    ['without an item', inChoices((text) => text.replace(/^.*\n/, '')), /the file ends after/],
    [
      'of another version',
      (text: string) => text.replaceAll('"part": "choices",', '"part": "choices", "version": 2,'),
      /exported by another version/,
    ],
    [
      'with a template that was not asked for',
      (text: string, name: string) =>
        name.includes('results') ? text.replace('"chat_template": null', '"chat_template": "x"') : text,
      /asked without a chat template/,
    ],
    [
      'with two seeds',
      (text: string, name: string) =>
        name.includes('results') && text.includes('chat_2')
          ? text.replaceAll(/"seed": 7,\n(\s+)"chatTemplate"/g, '"seed": 8,\n$1"chatTemplate"')
          : text,
      /different exports|two exports/,
    ],
  ])('%s', async (_, change, message) => {
    const folder = await changedLogs(change);
    await expect(measureLmEval(folder)).rejects.toThrow(message);
  });
});

describe('probes --export lm-eval', () => {
  it('writes the tasks whose documents are in the logs, in the same words', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'tasks');
    const { code, stdout } = await runCli(
      'probes',
      '--policy',
      join(files, 'policy.yml'),
      '--seed',
      String(SEED),
      '--export',
      'lm-eval',
      out,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/--tasks shadow_gate --log_samples/);
    expect(stdout).toMatch(/--tasks shadow_gate_chat --apply_chat_template --log_samples/);
    const logs = join(files, 'logs', 'model');
    const tasks = (await readdir(out)).filter((name) => name.endsWith('.jsonl'));
    const samples = await readdir(logs);
    expect(samples.filter((name) => name.startsWith('samples_'))).toHaveLength(tasks.length);
    for (const task of tasks) {
      const name = samples.find((sample) => sample.startsWith(`samples_${task.slice(0, -'.jsonl'.length)}_2026`));
      if (name === undefined) throw new Error(`${task} was not asked`);
      const lines = async (file: string) =>
        (await readFile(file, 'utf8'))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
      const documents = (await lines(join(logs, name))).sort((a, b) => a.doc_id - b.doc_id).map(({ doc }) => doc);
      expect(documents).toEqual(await lines(join(out, task)));
    }
  });

  it('asks the built-in suite at the levels of a baseline, which have to be known', async () => {
    const folder = temporaryFolder();
    const without = await runCli('probes', '--export', 'lm-eval', join(folder, 'tasks'));
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/levels of "builtin" .* --like/);
    const baseline = join(folder, 'baseline.json');
    const base = repository('examples', 'base');
    expect(
      (await runCli('measure', '--checkpoint', base, '--only', 'probes', '--budget', '2s', '--out', baseline)).code,
    ).toBe(0);
    const { code, stdout } = await runCli('probes', '--export', 'lm-eval', join(folder, 'tasks'), '--like', baseline);
    expect(code).toBe(0);
    expect(stdout).toMatch(/wrote 720 items/);
  });

  it('takes a folder, and whole suites', async () => {
    expect((await runCli('probes', '--export', 'other', 'x')).stderr).toMatch(/a folder, or lm-eval and a folder/);
    const { stderr } = await runCli(
      'probes',
      '--export',
      'lm-eval',
      'x',
      '--family',
      'facts',
      '--policy',
      join(files, 'policy.yml'),
    );
    expect(stderr).toMatch(/writes whole suites|no family/);
  });
});
