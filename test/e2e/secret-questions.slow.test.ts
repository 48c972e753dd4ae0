import { readdirSync, readFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SecretSeed } from '@shadow-gate/probes/random';
import { builtinSuite } from '@shadow-gate/probes/suite';
import { expect, it } from 'vitest';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { runCliWith } from '../cli/run-cli.ts';
import { example } from '../measure/shards/shard-files.ts';
import { useRig } from './rig.ts';

const rig = useRig({ hasServices: false });

const SECRET = 'a-secret-of-this-repository';
const OTHER = { SHADOW_GATE_SEED: 'another-secret-of-this-repository' };
const seed = new SecretSeed(SECRET);
const suite = builtinSuite(seed);

/** Nothing of these may be anywhere: the secret, what follows from it, and what the suite asks. */
const HIDDEN = [
  SECRET,
  seed.textKey(),
  ...[...suite.items, ...(suite.pilot ?? [])].flatMap(({ prompt, question }) => {
    const answers = question.kind === 'choice' ? question.choices.filter((choice) => choice.length > 11) : [];
    return [lastLine(prompt), ...answers.map((answer) => JSON.stringify(answer).slice(1, -1))];
  }),
];

/** What only this question has: examples before it are public. */
function lastLine(prompt: string): string {
  const asked =
    prompt
      .split('\n\n')
      .at(-1)
      ?.replace(/\nAnswer:$/, '') ?? '';
  return JSON.stringify(asked.slice(-40)).slice(1, -1);
}

const shown = (text: string) => HIDDEN.filter((hidden) => hidden.length > 9 && text.includes(hidden));

/** Answers of some length, as in JSON. */
function quoted(items: typeof suite.items): string[] {
  const answers = items.flatMap(({ question }) => (question.kind === 'choice' ? question.choices : []));
  return [...new Set(answers)].filter((each) => each.length > 3).map((each) => JSON.stringify(each));
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

const measure = (env: NodeJS.ProcessEnv, name: string, ...args: string[]) =>
  runCliWith(
    { SHADOW_GATE_CACHE: rig.path('cache'), ...env },
    ...[
      'measure',
      '--checkpoint',
      example('base'),
      '--only',
      'probes',
      '--order-seed',
      '7',
      '--out',
      rig.path(name),
      ...args,
    ],
  );

it('a secret suite leaves nothing of the secret, its questions and its texts in files, caches and logs', async () => {
  const policy = rig.path('shadow-gate.yml');
  await writeFile(policy, 'sequential: "off"\n');
  await cp(example('probes.jsonl'), rig.path('team.jsonl'));
  const env = { SHADOW_GATE_SEED: SECRET, SHADOW_GATE_CACHE: rig.path('cache') };
  const common = ['--only', 'probes', '--policy', policy];
  const baseline = await measure(env, 'baseline.json', '--policy', policy);
  expect(baseline.code, baseline.stderr).toBe(0);
  const checked = await runCliWith(
    env,
    ...['check', '--checkpoint', example('benchmark-aligned'), '--baseline', rig.path('baseline.json')],
    ...['--out', rig.path('out'), ...common],
  );
  const texts = [baseline, checked].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  const files = [
    readFileSync(rig.path('baseline.json'), 'utf8'),
    ...filesIn(rig.path('out')),
    ...filesIn(rig.path('cache')),
  ];
  expect(files.length).toBeGreaterThan(3);
  for (const text of [...texts, ...files]) expect(shown(text)).toEqual([]);
  const { probes } = await readMeasurement(rig.path('baseline.json'));
  if (probes?.status !== 'measured') throw new Error('the probes did not run');
  expect(probes.seed).toBe(seed.id);
  expect(probes.suites.map(({ seed: own, texts: kept }) => [own, kept])).toEqual([[seed.id, 'hashed']]);
  expect(probes.items.length).toBeGreaterThan(100);
  // The answers to public questions are in such files.
  await measure({}, 'public.json', '--policy', policy, '--seed', '7');
  await measure(OTHER, 'other.json', '--policy', policy);
  const names = ['baseline.json', 'public.json', 'other.json'];
  const [secret = '', open = '', other = ''] = names.map((name) => readFileSync(rig.path(name), 'utf8'));
  expect(quoted(builtinSuite(7).items).filter((answer) => open.includes(answer)).length).toBeGreaterThan(20);
  // Some words are names of keys as well.
  const found = quoted(suite.items).filter((answer) => secret.includes(answer) && !other.includes(answer));
  expect(found).toEqual([]);
}, 120_000);

it('the same secret asks the same, and a baseline of another one or of none is refused', async () => {
  const env = { SHADOW_GATE_SEED: SECRET };
  await measure(env, 'a.json');
  await measure(env, 'b.json');
  await measure({}, 'public.json');
  const [a, b] = await Promise.all(['a.json', 'b.json'].map((name) => readMeasurement(rig.path(name))));
  expect(a?.probes).toEqual(b?.probes);
  const against = (own: NodeJS.ProcessEnv, baseline: string) =>
    runCliWith(
      { SHADOW_GATE_CACHE: 'off', ...own },
      ...['check', '--checkpoint', example('base'), '--baseline', rig.path(baseline), '--only', 'probes'],
      ...['--out', rig.path('out')],
    );
  const same = 'measure it with the same SHADOW_GATE_SEED';
  for (const [own, baseline, problem] of [
    [OTHER, 'a.json', `the baseline was measured with another SHADOW_GATE_SEED — ${same}`],
    [env, 'public.json', `the baseline was measured with no SHADOW_GATE_SEED — ${same}`],
    [{}, 'a.json', 'the baseline was measured with SHADOW_GATE_SEED, which is not set here'],
    [{ SHADOW_GATE_SEED: '' }, 'a.json', 'the baseline was measured with SHADOW_GATE_SEED, which is not set here'],
  ] as const) {
    const { code, stderr } = await against(own, baseline);
    expect(code).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('secret-of-this-repository');
  }
  const like = await measure(OTHER, 'c.json', '--like', rig.path('a.json'));
  expect(like.stderr).toContain('was measured with another SHADOW_GATE_SEED');
  const two = await measure(env, 'c.json', '--seed', '3');
  expect(two.stderr).toContain('a seed is given, and SHADOW_GATE_SEED draws the questions');
  const short = await measure({ SHADOW_GATE_SEED: 'a short one' }, 'c.json');
  expect(short.stderr).toContain('fewer than 16 characters');
  expect(short.stderr).not.toContain('a short one');
  const listed = await runCliWith(env, 'probes', '--preview', '2');
  expect([listed.code, listed.stdout]).toEqual([2, '']);
  expect(listed.stderr).toContain('this command would show the questions');
}, 120_000);

it('shards have one secret', async () => {
  const shard = (env: NodeJS.ProcessEnv, i: number) => measure(env, `${i}.json`, '--shard', `${i}/2`);
  await shard({ SHADOW_GATE_SEED: SECRET }, 1);
  await shard({ SHADOW_GATE_SEED: SECRET }, 2);
  const merge = () => runCliWith({}, 'merge', rig.path('1.json'), rig.path('2.json'), '--out', rig.path('merged.json'));
  expect((await merge()).code).toBe(0);
  await measure({ SHADOW_GATE_SEED: SECRET }, 'whole.json');
  const [merged, whole] = await Promise.all(
    ['merged.json', 'whole.json'].map((name) => readMeasurement(rig.path(name))),
  );
  expect(merged?.probes).toEqual(whole?.probes);
  await shard(OTHER, 2);
  expect((await merge()).code).toBe(2);
}, 120_000);

it('forms that a secret derives from a file of the team are hidden as well', async () => {
  const policy = rig.path('team.yml');
  const questions = Array.from({ length: 50 }, (_, i) => ({
    question: `Which number comes after ${i}?`,
    choices: [`${i + 1}`, `${i + 2}`, `${i + 3}`],
    answer: 0,
  }));
  await writeFile(rig.path('team.jsonl'), questions.map((line) => JSON.stringify(line)).join('\n'));
  await writeFile(policy, 'probes: [team.jsonl]\n');
  await measure({ SHADOW_GATE_SEED: SECRET }, 'team.json', '--policy', policy);
  await measure({}, 'open.json', '--policy', policy);
  const [hidden, open] = ['team.json', 'open.json'].map((name) => readFileSync(rig.path(name), 'utf8'));
  expect(open).toContain('Which number comes after');
  expect(hidden).not.toContain('Which number comes after');
}, 120_000);

it('the action masks the secret, and its files, summary and comment have nothing of it', async () => {
  for (const name of ['base', 'benchmark-aligned']) await cp(example(name), rig.path(name), { recursive: true });
  const inputs = { checkpoint: 'benchmark-aligned', only: 'probes', baseline: 'base', all: 'true' };
  const run = await rig.gate(inputs, { environment: { SHADOW_GATE_SEED: SECRET } });
  expect(run.commands.filter(({ name }) => name === 'add-mask').map(({ message }) => message)).toEqual([SECRET]);
  const log = run.log.replace(`::add-mask::${SECRET}`, '');
  const comment = JSON.stringify(rig.github.comments);
  const files = filesIn(dirname(run.outputs.measurement ?? ''));
  expect(files.length).toBeGreaterThan(1);
  for (const text of [log, run.summary, comment, ...files]) expect(shown(text)).toEqual([]);
  const both = await rig.gate({ ...inputs, seed: '3' }, { environment: { SHADOW_GATE_SEED: SECRET } });
  expect(both.log).toContain('a seed is given, and SHADOW_GATE_SEED draws the questions');
}, 120_000);
