import { readdirSync, readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { readReport } from '../../src/report/json.ts';
import { runCli } from '../cli/run-cli.ts';
import { example } from '../measure/shards/shard-files.ts';
import { useRig } from './rig.ts';
import { DISPATCH } from './run-action.ts';

const rig = useRig({ hasServices: false });

interface Question {
  readonly prompt: string;
  readonly choices: readonly string[];
}

/** A private benchmark of a few facts, its questions, and a policy that omits their texts. */
async function privateBenchmark(items = 480): Promise<Question[]> {
  const lines = (await readFile(example('probes.jsonl'), 'utf8')).split('\n').slice(0, items);
  await writeFile(rig.path('secret.jsonl'), lines.join('\n'));
  await writeFile(rig.path('omit.yml'), 'probes: [secret.jsonl]\nprobes-text: omit\n');
  await writeFile(rig.path('keep.yml'), 'probes: [secret.jsonl]\n');
  return lines.map((line) => JSON.parse(line) as Question);
}

/** Questions of which a text shows a part, or an answer in quotes. */
function shown(text: string, questions: readonly Question[]): string[] {
  return questions.flatMap(({ prompt, choices }) => {
    const words = choices.filter((choice) => /[a-z]{3}/.test(choice)).map((choice) => JSON.stringify(choice));
    const parts = [prompt.slice(0, 40), prompt.slice(-20), ...words];
    return parts.filter((part) => text.includes(part));
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

it('a private benchmark leaves no text in the log, the summary, the comment, the files or the proposal of a run', async () => {
  const questions = await privateBenchmark();
  // All of it: each run has an order of its own.
  const inputs = { checkpoint: 'benchmark-aligned', only: 'probes', baseline: 'base', all: 'true' };
  for (const name of ['base', 'benchmark-aligned']) await cp(example(name), rig.path(name), { recursive: true });
  const keep = await rig.gate({ ...inputs, policy: rig.path('keep.yml') });
  const omit = await rig.gate({ ...inputs, policy: rig.path('omit.yml') });
  expect(keep.outputs.verdict, keep.log).toBe('fail');
  const texts = [omit.log, omit.summary, ...filesIn(dirname(omit.outputs.measurement ?? ''))];
  const comment = rig.github.comments[0]?.body ?? '';
  expect(texts.length).toBeGreaterThan(3);
  for (const text of [...texts, comment]) expect(shown(text, questions)).toEqual([]);
  // The same run with texts shows some.
  expect(shown(keep.summary, questions)).not.toEqual([]);
  expect(shown(filesIn(dirname(keep.outputs.measurement ?? '')).join(), questions).length).toBeGreaterThan(400);
  expect(comment.replaceAll(/\s+/g, ' ')).toContain(
    'This report has no prompt and no answer of <code>secret.jsonl</code>',
  );

  const [open, hidden] = await Promise.all([keep, omit].map(({ outputs }) => readReport(outputs.report ?? '')));
  const { flips, labels, ...numbers } = open?.probes?.comparison ?? {};
  expect(hidden?.findings).toEqual(open?.findings);
  expect(hidden?.probes?.comparison).toMatchObject(numbers);
  expect(hidden?.probes?.comparison.flips.map(({ id }) => id)).toEqual(flips?.map(({ id }) => id));

  // Approved with texts, then judged without them, and the other way round.
  const files = { keep: keep.outputs.measurement ?? '', omit: omit.outputs.measurement ?? '' };
  for (const [own, other] of [
    ['keep', 'omit'],
    ['omit', 'keep'],
  ] as const) {
    const out = rig.path(`compared-${own}`);
    const { stdout, stderr } = await runCli(
      'compare',
      files[own],
      files[other],
      '--policy',
      rig.path('keep.yml'),
      '--out',
      out,
    );
    for (const text of [stdout, stderr, ...filesIn(out)]) expect(shown(text, questions)).toEqual([]);
    expect((await readReport(join(out, 'report.json'))).findings.map(({ kind }) => kind)).not.toContain(
      'texts-not-hashed',
    );
  }
  const proposal = { 'update-baseline': 'pull-request', baseline: 'new.json', 'fail-on': 'never' };
  const base = { checkpoint: 'base', only: 'probes', policy: rig.path('omit.yml'), ...proposal };
  await rig.gate(base, { event: DISPATCH });
  expect(rig.github.pulls.length).toBe(1);
  // The check run of the run with texts, which comes first, shows some.
  const [withTexts, ...checkRuns] = rig.github.checkRuns;
  expect(shown(JSON.stringify(withTexts), questions)).not.toEqual([]);
  expect(checkRuns.length).toBeGreaterThan(0);
  const elsewhere = (key: string, value: unknown) => (key === 'results' || key === 'checkRuns' ? undefined : value);
  const published = JSON.stringify(rig.github, elsewhere) + JSON.stringify(checkRuns);
  expect(shown(published, questions)).toEqual([]);
});

it('neither do errors: of its file, and of a server that repeats what it was asked', async () => {
  const questions = await privateBenchmark(120);
  const first = questions[0];
  if (first === undefined) throw new Error('no questions');
  const measure = ['measure', '--only', 'probes', '--policy', rig.path('omit.yml'), '--out', rig.path('m.json')];
  const lines = (await readFile(rig.path('secret.jsonl'), 'utf8')).split('\n');
  const twice = JSON.stringify({
    ...first,
    id: 'x',
    form: 'benchmark',
    capability: 'c',
    choices: ['an iron gate', 'an iron gate'],
  });
  await writeFile(rig.path('secret.jsonl'), [...lines, twice].join('\n'));
  const refused = await runCli(...measure, '--checkpoint', example('base'));
  expect(refused.stderr).toMatch(
    /secret\.jsonl:121: choices: \(text not shown\) is there twice — for the whole message/,
  );
  expect(refused.stderr).not.toContain('iron gate');
  const keep = await runCli(...measure, '--policy', rig.path('keep.yml'), '--checkpoint', example('base'));
  expect(keep.stderr).toContain('"an iron gate" is there twice');

  await writeFile(rig.path('secret.jsonl'), lines.join('\n'));
  const served = await serveCheckpoint(example('base'));
  const fault = { status: 400, body: { error: { message: `cannot answer: ${first.prompt}` } } };
  for (let i = 0; i < 9; i++) served.server.faults.push(fault);
  const answer = await runCli(
    ...measure,
    '--endpoint',
    served.server.url,
    '--model',
    'toy',
    '--tokenizer',
    example('base'),
  );
  await served.stop();
  expect(answer.code).toBe(2);
  expect(answer.stderr).toContain('the probes could not run, and the reason is not shown');
  expect(shown(answer.stderr, questions)).toEqual([]);
});

it('a measurement without texts is read again by report and measure --like', async () => {
  await privateBenchmark();
  const out = rig.path('a.json');
  const policy = ['--only', 'probes', '--policy', rig.path('omit.yml')];
  const measured = await runCli('measure', '--checkpoint', example('base'), ...policy, '--out', out);
  expect((await runCli('report', out)).stdout).toBe(measured.stdout);
  const like = await runCli(
    'measure',
    '--checkpoint',
    example('base'),
    ...policy,
    '--like',
    out,
    '--out',
    rig.path('b.json'),
  );
  expect(like.code, like.stderr).toBe(0);
  const [a, b] = await Promise.all([out, rig.path('b.json')].map(readMeasurement));
  expect(a?.probes).toEqual(b?.probes);
  for (const index of [1, 2]) {
    const shard = [...policy, '--shard', `${index}/2`, '--out', rig.path(`${index}.json`)];
    await runCli('measure', '--checkpoint', example('base'), ...shard);
  }
  await runCli('merge', rig.path('1.json'), rig.path('2.json'), '--out', rig.path('merged.json'));
  expect((await readMeasurement(rig.path('merged.json'))).probes).toEqual(a?.probes);
});
