import { writeFileSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportTasks } from '@shadow-gate/harness/export';
import { openCheckpointSource } from '@shadow-gate/language-model';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { atLevels, builtinSuite, type Suite } from '@shadow-gate/probes/suite';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { selectProbes } from '../../../src/gate/select-probes.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { measureProbes } from '../../../src/measure/measure-probes.ts';
import { findPolicy } from '../../../src/policy/load.ts';
import { runCli } from '../../cli/run-cli.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';

/** A tiny model, questions for it, and what lm-evaluation-harness logged when it ran their export. */
const files = fixture('lm-eval-export');
const SEED = 7;

async function itemsOfLogs(folder: string): Promise<MeasuredProbes> {
  const { probes } = await measureLogs({ kind: 'lm-eval', path: folder });
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
      const { logprobs, probability, margin, likelihood, reading: _, scaledLogprobs: __, tokens: ___, ...rest } = own;
      const { logprobs: theirs, probability: share, margin: lead, likelihood: known, ...same } = other;
      // The harness says nothing of scaled logits and of ids.
      expect(known?.bytes).toBe(likelihood?.bytes);
      expect(known?.logprob).toBeCloseTo(likelihood?.logprob ?? Number.NaN, 3);
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
    const { benchmarks, checkpoint } = await measureLogs({ kind: 'lm-eval', path: join(files, 'logs') });
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

const inResults = (edit: (text: string) => string) => (text: string, name: string) =>
  name.includes('results') ? edit(text) : text;

/** Logs as if a model had been asked that likes all answers equally. */
function logsOf(suite: Suite, folder: string): void {
  const written = exportTasks([suite], { seed: SEED, chatTemplate: false, folder });
  const tasks = written.flatMap(({ name, text }) =>
    name.endsWith('.jsonl') ? [{ name: name.slice(0, -6), text }] : [],
  );
  const configs: Record<string, unknown> = {};
  for (const { name, text } of tasks) {
    const config = parse(written.find((file) => file.name === `${name}.yaml`)?.text ?? '');
    configs[name] = config;
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line, i) => {
        const doc = JSON.parse(line);
        const isChoice = doc.choices !== undefined;
        const isGenerated = config.output_type === 'generate_until';
        const given: unknown[] = isChoice
          ? doc.choices.map((choice: string) => [doc.prompt, `${config.target_delimiter}${choice}`])
          : [[doc.prompt, isGenerated ? config.generation_kwargs : doc.target]];
        const resps = given.map(() => [isGenerated ? '7' : ['-1.0', 'False']]);
        return { doc_id: i, doc, target: '0', arguments: given, resps, filter: 'none', acc: 0 };
      });
    writeFileSync(
      join(folder, `samples_${name}_2026.jsonl`),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
  }
  const results = Object.fromEntries(tasks.map(({ name }) => [name, { 'acc,none': 0 }]));
  writeFileSync(join(folder, 'results_2026.json'), JSON.stringify({ results, configs, versions: {}, config: {} }));
}

describe('logs of the built-in suite', () => {
  const whole = builtinSuite(SEED);
  const levels = (whole.levels ?? []).map(({ family, count }) => ({ family, count, asked: [1] }));
  const suite = atLevels(whole, levels);

  it('are read where all items of its levels are there', async () => {
    const folder = temporaryFolder();
    logsOf(suite, folder);
    expect((await itemsOfLogs(folder)).items.map(({ id }) => id)).toEqual(suite.items.map(({ id }) => id));
  });

  it.each([
    ['a part of the items', suite.items.slice(0, 20)],
    ['one item again and again', suite.items.map(() => suite.items[0] as ProbeItem)],
    ['items of another level', whole.items.slice(-suite.items.length)],
  ])('are refused with %s', async (_, items) => {
    const folder = temporaryFolder();
    logsOf({ ...suite, items }, folder);
    await expect(measureLogs({ kind: 'lm-eval', path: folder })).rejects.toThrow(/are not those that were exported/);
  });
});

it('suites whose names are alike are different tasks', () => {
  const suite = atLevels(builtinSuite(SEED), []);
  const items = builtinSuite(SEED).items.slice(0, 2);
  const named = ['hf://a', 'a/b.c/d', 'a/b-c/d', 'a b.c'].map((name) => ({ ...suite, name, items, source: name }));
  const files = exportTasks(named, { seed: SEED, chatTemplate: false, folder: 'x' }).map(({ name }) => name);
  expect(new Set(files).size).toBe(files.length);
  expect(files.some((name) => name.startsWith('shadow_gate_2_a_b_c_d_'))).toBe(true);
});

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
    ['with an item twice', inChoices((text) => text.replaceAll(/\\"place\\":1,/g, '\\"place\\":0,')), /is there twice/],
    [
      'with a log-likelihood that is not a number, as older versions write it',
      inChoices((text) => text.replace(/"resps": \[\[\["[^"]+"/, '"resps": [[[NaN')),
      /not a finite number/,
    ],
    [
      'with an answer too few',
      inChoices((text) => text.replace(/"resps": \[\[\["[^"]+", "\w+"\]\], /, '"resps": [')),
      /is not that of the export/,
    ],
    [
      'of a right answer that is no choice',
      inChoices((text) => text.replaceAll('\\"answer\\":0', '\\"answer\\":9')),
      /is not an exported item/,
    ],
    [
      'of more items than there can be',
      inResults((text) => text.replaceAll(/"items": 38/g, `"items": ${Number.MAX_SAFE_INTEGER}`)),
      /38 of the 9007199254740991 items/,
    ],
    [
      'with a system instruction',
      inResults((text) => text.replace('"system_instruction": null', '"system_instruction": "Be brief."')),
      /was asked with a system instruction/,
    ],
    [
      'with few-shot examples in messages of a chat',
      inResults((text) => text.replace(/("n-shot": \{[^}]*"shadow_gate_chat_2_sums_answers": )0/, '$15')),
      /was asked with few-shot examples/,
    ],
    [
      'with a message before some of those of a chat',
      (text: string, name: string) =>
        name.includes('sums_answers') ? text.replace('"arg_0": "<|user|>', '"arg_0": "<|user|>2\\n<|user|>') : text,
      /is not that of the export/,
    ],
    [
      'with another way of decoding',
      (text: string, name: string) =>
        name.includes('sums_answers')
          ? text.replaceAll('"do_sample": false', '"do_sample": false, "num_beams": 4')
          : text,
      /is not that of the export/,
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
    await expect(measureLogs({ kind: 'lm-eval', path: folder })).rejects.toThrow(message);
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

  it('refuses the built-in suite without levels, which are found by asking a model', async () => {
    const { code, stderr } = await runCli('probes', '--export', 'lm-eval', join(temporaryFolder(), 'tasks'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/levels of "builtin" .* --like/);
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
