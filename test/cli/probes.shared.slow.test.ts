import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

describe('probes', () => {
  it('lists the families of the built-in suite, and 5,040 items at all levels', async () => {
    const { code, stdout } = await runCli('probes');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\b5,040 items\b/);
    expect(stdout).toMatch(/recall +facts +7 +420 +840 +\w+: \w/);
  });

  it('previews as many items as wanted, of one family', async () => {
    const { code, stdout } = await runCli('probes', '--preview', '6', '--family', 'word-problems');
    expect(code).toBe(0);
    const heads = stdout.split('\n').filter((line) => line.startsWith('── '));
    expect(heads).toHaveLength(6);
    for (const head of heads) expect(head).toContain('word-problems');
  });

  it('refuses an unknown family, and names those that exist', async () => {
    const { code, stderr } = await runCli('probes', '--preview', '6', '--family', 'none');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no family "none" — .*word-problems, transitive-ordering/);
  });

  it('estimates the time on a model, and how many items fit a budget', async () => {
    const model = ['--checkpoint', repository('examples', 'base'), '--device', 'cpu'];
    expect((await runCli('probes', ...model)).stdout).toMatch(/takes (about [\d.]+|less than 0\.1) s on cpu/);
    const tight = await runCli('probes', ...model, '--budget', '0.001s');
    // Whitespace: the sentence is wrapped.
    expect(tight.stdout.replaceAll(/\s+/g, ' ')).toMatch(/Running 2 of these items on/);
  });
});

describe('probes of a benchmark and a group of twins', () => {
  const folder = temporaryFolder();
  const policy = join(folder, 'policy.yml');
  const rows = (name: string) =>
    Array.from({ length: 4 }, (_, i) => `${name}${i},Who is ${name} ${i}?,Ann ${i},Ben ${i},0\n`);
  for (const name of ['exam', 'new']) {
    writeFileSync(join(folder, `${name}.csv`), `id,question,choice0,choice1,answer\n${rows(name).join('')}`);
  }
  writeFileSync(policy, 'probes: [exam.csv, {file: new.csv, twins-of: exam.csv}]');

  it('are listed and previewed with the kinds of their twins', async () => {
    const { stdout } = await runCli('probes', '--policy', policy);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /exam\.csv.* open: open-question, open-phrase; format: permuted, \w+, \w+ .*new\.csv.* group: exam, exam-text/,
    );
    const preview = await runCli('probes', '--policy', policy, '--preview', '40');
    for (const part of ['open twin', 'format twin', 'group twin', 'benchmark-text', 'robustness']) {
      expect(preview.stdout).toContain(` · ${part} · `);
    }
  });

  it('are estimated together', async () => {
    const model = ['--checkpoint', repository('examples', 'base'), '--device', 'cpu'];
    expect((await runCli('probes', '--policy', policy, ...model)).stdout).toMatch(
      /takes (about [\d.]+|less than 0\.1) s on cpu/,
    );
  });
});

describe('probes --export', () => {
  it('writes the suite to a file from which the same items are read', async () => {
    const folder = temporaryFolder();
    expect((await runCli('probes', '--export', folder, '--seed', '3')).code).toBe(0);
    expect(readdirSync(folder)).toEqual(['builtin.jsonl']);
    const policy = join(folder, 'policy.yml');
    writeFileSync(policy, 'probes: [builtin.jsonl]');
    const again = join(folder, 'again');
    expect((await runCli('probes', '--export', again, '--policy', policy)).code).toBe(0);
    expect(readFileSync(join(again, 'builtin.jsonl'), 'utf8')).toBe(
      readFileSync(join(folder, 'builtin.jsonl'), 'utf8'),
    );
  });

  it('does not replace a probe file of the policy', async () => {
    const folder = temporaryFolder();
    const policy = join(folder, 'policy.yml');
    const question = '{"question": "What is 2 + 2?", "answer": "4"}\n';
    writeFileSync(join(folder, 'own.jsonl'), question);
    writeFileSync(policy, 'probes: [own.jsonl]');
    const { code, stderr } = await runCli('probes', '--export', folder, '--policy', policy);
    expect(code).toBe(2);
    expect(stderr).toContain('own.jsonl is a probe file of the policy and would be replaced');
    expect(readFileSync(join(folder, 'own.jsonl'), 'utf8')).toBe(question);
  });

  it('writes no file for two suites, and none for a suite without an item of the family', async () => {
    const folder = temporaryFolder();
    const policy = join(folder, 'policy.yml');
    const out = join(folder, 'out');
    writeFileSync(join(folder, 'own.jsonl'), '{"question": "What is 2 + 2?", "answer": "4"}\n');
    writeFileSync(join(folder, 'own.csv'), 'question,answer\nWhat is 3 + 3?,6\n');
    writeFileSync(policy, 'probes: [own.jsonl, own.csv]');
    const { code, stderr } = await runCli('probes', '--export', out, '--policy', policy);
    expect(code).toBe(2);
    expect(stderr).toContain('would hold both own.jsonl and own.csv');
    expect(existsSync(out)).toBe(false);

    writeFileSync(policy, 'probes: [own.jsonl, builtin]');
    expect((await runCli('probes', '--export', out, '--policy', policy, '--family', 'facts')).code).toBe(0);
    expect(readdirSync(out)).toEqual(['builtin.jsonl']);
  });
});
