import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSuites } from '../../../src/gate/load-suites.ts';
import { ApprovedFiles } from '../../../src/github/approved/approved-files.ts';
import { probeFilesAtBase } from '../../../src/github/approved/probe-files-at-base.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { fixture } from '../../fixtures.ts';
import { useGitRepository } from './git-repository.ts';

const questions = (answer: number) =>
  `${[1, 2, 3]
    .map((n) => JSON.stringify({ id: `q${n}`, question: `What is ${n}?`, choices: ['a', 'b', 'c', 'd'], answer }))
    .join('\n')}\n`;
const POINTER = (oid: string) => `version https://git-lfs.github.com/spec/v1\noid sha256:${oid.repeat(64)}\nsize 9\n`;
const POLICY = 'probes: [exam.jsonl]\n';

const prefixed = (texts: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [`logs/${name}`, text ?? '']));

const rig = useGitRepository();

async function probeFilesOf(base: string, text: string) {
  const workspace = { folder: rig.repository.folder, repository: { owner: 'o', repo: 'r' } };
  const commit = { owner: 'o', repo: 'r', sha: base };
  const files = new ApprovedFiles(rig.repository.client, commit, { workspace, usual: null, commits: [] });
  return probeFilesAtBase(
    files,
    { policy: parsePolicy(text, 'gate.yml'), policyPath: 'rules/gate.yml' },
    rig.temporary,
  );
}

/** The probe files of a policy in `rules/`, as they count, and the answers that are right in them. */
async function approved(base: string, text = POLICY) {
  const policy = { policy: parsePolicy(text, 'gate.yml'), policyPath: 'rules/gate.yml' };
  const { paths, changes } = await probeFilesOf(base, text);
  const load = async () => {
    const [suite] = await loadSuites({ ...policy, probeFiles: paths }, 1);
    return { name: suite?.name, digest: suite?.digest };
  };
  return { changes, load };
}

describe('probe files come from the base commit', () => {
  it('a change that edits a probe file, or deletes it, answers the old questions', async () => {
    const base = rig.repository.commit({ 'rules/exam.jsonl': questions(0) });
    const before = await (await approved(base)).load();
    expect(before.name).toBe('exam.jsonl');
    for (const [content, change] of [
      [questions(1), 'edited'],
      [null, 'deleted'],
      [{ link: '../easy.jsonl' }, 'edited'],
    ] as const) {
      rig.repository.commit({ 'easy.jsonl': questions(2), 'rules/exam.jsonl': content });
      const { changes, load } = await approved(base);
      expect(changes).toEqual([
        { level: 'info', input: 'probe-file', change, path: 'exam.jsonl', base: base.slice(0, 7), counts: 'base' },
      ]);
      expect(await load()).toEqual(before);
    }
  });

  it('a data set on a hub is no file of the repository: neither is it read there, nor can a change put one in its place', async () => {
    const address = 'hf://datasets/cais/mmlu/anatomy/test';
    const base = rig.repository.commit({ 'a.txt': 'a' });
    rig.repository.commit({ [address]: questions(1), [`rules/${address}`]: questions(1) });
    expect(await probeFilesOf(base, `probes: [${address}, {file: ${address.replace('test', 'dev')}}]\n`)).toEqual({
      paths: new Map(),
      changes: [],
    });
  });

  it('a file that the change puts next to the policy does not replace the file of the base', async () => {
    const base = rig.repository.commit({ 'exam.jsonl': questions(0) });
    const before = await (await approved(base)).load();
    rig.repository.commit({ 'rules/exam.jsonl': questions(1) });
    expect(await (await approved(base)).load()).toEqual(before);
  });

  it('samples of a harness are judged as the results file of the base commit says', async () => {
    const folder = fixture('lm-eval', 'base', 'models__base');
    const [samples, results] = ['samples_sg_easy_sums_DATE.jsonl', 'results_DATE.json'].map((name) =>
      name.replace('DATE', '2026-11-26T00-05-41.179011'),
    ) as [string, string];
    const texts = {
      [samples]: readFileSync(join(folder, samples), 'utf8'),
      [results]: readFileSync(join(folder, results), 'utf8'),
    };
    const base = rig.repository.commit({ 'logs/a.txt': 'a', ...prefixed(texts) });
    const policy = `probes: [${JSON.stringify(`logs/${samples}`)}]\n`;
    const before = await (await approved(base, policy)).load();
    const easier = texts[results]?.replaceAll('"ignore_case":true', '"ignore_case":false') ?? '';
    expect(easier).not.toBe(texts[results]);
    rig.repository.commit({ [`logs/${results}`]: easier });
    const { changes, load } = await approved(base, policy);
    expect(changes).toEqual([
      expect.objectContaining({ level: 'info', path: `logs/${results}`, change: 'edited', counts: 'base' }),
    ]);
    expect(await load()).toEqual(before);
    // So are those that a step of the workflow has written, if the results are in the repository.
    const bare = rig.repository.commit({ [`logs/${samples}`]: null, [`logs/${results}`]: null });
    rig.repository.commit({ [`logs/${results}`]: easier });
    rig.repository.write({ [`logs/${samples}`]: texts[samples] ?? '' });
    await expect(approved(bare, policy)).rejects.toThrow(/no probe file logs\/results_.*does not count/);
    const old = rig.repository.commit({ [`logs/${samples}`]: null, [`logs/${results}`]: texts[results] ?? '' });
    rig.repository.commit({ [`logs/${results}`]: easier });
    rig.repository.write({ [`logs/${samples}`]: texts[samples] ?? '' });
    expect((await approved(old, policy)).changes).toEqual([
      expect.objectContaining({ level: 'inconclusive', path: `logs/${results}`, counts: 'change' }),
    ]);
    // At the change itself, the digest is another one.
    const there = rig.repository.commit({});
    expect(await (await approved(there, policy)).load()).not.toEqual(before);
  });

  it('a file that only the change has is an error; one that a step has written counts', async () => {
    const base = rig.repository.commit({ 'a.txt': 'a' });
    rig.repository.write({ 'exam.jsonl': questions(0) });
    expect((await (await approved(base)).load()).name).toBe('exam.jsonl');
    rig.repository.commit({});
    await expect(approved(base)).rejects.toThrow(/no probe file exam.jsonl, and the one in this change does not count/);
  });

  it('a file in Git LFS counts as checked out if its pointer is the same, and lets nothing be concluded if it is not', async () => {
    const base = rig.repository.commit({ 'rules/exam.jsonl': POINTER('1') });
    expect((await approved(base)).changes).toEqual([]);
    rig.repository.commit({ 'rules/exam.jsonl': POINTER('2') });
    expect((await approved(base)).changes).toMatchObject([{ level: 'inconclusive', counts: 'change' }]);
  });
});
