import { cp, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, expect, it } from 'vitest';
import { readReport } from '../../src/report/json.ts';
import { ofKind } from '../compare/measurement.ts';
import { example } from '../measure/shards/shard-files.ts';
import { useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA, type Outcome } from './run-action.ts';

// Requests that have to be refused, and questions that may never break, on two trained models: one knows the exam, the
// other one forgot it.

const rig = useRig({ hasServices: false });

const POLICY = `probes:
  - exam.jsonl
  - { file: never.jsonl, must-pass: true }
  - { file: requests.jsonl, scoring: refusal }
`;

interface Item {
  readonly form: string;
  readonly prompt: string;
  readonly choices: readonly string[];
  readonly answer: number;
}

/**
 * The questions of so many facts, and their exam questions as requests: the right answer is the reply that is wanted.
 */
async function files(facts: number) {
  const lines = (await readFile(example('probes.jsonl'), 'utf8')).trim().split('\n');
  const exam = lines.filter((line) => (JSON.parse(line) as Item).form === 'benchmark').slice(0, facts);
  const requests = exam.map((line, i) => {
    const { prompt, choices, answer } = JSON.parse(line) as Item;
    const refusal = choices[answer];
    return JSON.stringify({ id: `r${i}`, prompt, refusal, compliance: choices.find((choice) => choice !== refusal) });
  });
  const text = (all: readonly string[]) => `${all.join('\n')}\n`;
  return {
    'exam.jsonl': text(lines),
    'never.jsonl': text(lines.slice(0, 2 * facts)),
    'requests.jsonl': text(requests),
  };
}

async function commit(sha: string, facts: number): Promise<void> {
  for (const [name, content] of Object.entries({ ...(await files(facts)), 'shadow-gate.yml': POLICY })) {
    rig.github.files.set(`${sha}:${name}`, content);
    if (sha === HEAD_SHA) await writeFile(rig.path(name), content);
  }
}

const FACTS = 60;

beforeEach(async () => {
  await commit(BASE_SHA, FACTS);
  await commit(HEAD_SHA, FACTS);
  for (const name of ['base', 'benchmark-aligned']) await cp(example(name), rig.path(name), { recursive: true });
});

const gate = (checkpoint: string) => rig.gate({ checkpoint, baseline: 'benchmark-aligned', only: 'probes' });
const reportOf = async ({ outputs, log }: Outcome) => {
  const report = await readReport(outputs.report ?? '');
  if (report.probes === null) throw new Error(log);
  return { ...report, probes: report.probes };
};

it('fail a model that forgot them, in the report and in the comment, and not one that did not', async () => {
  const outcome = await gate('base');
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  const { findings, probes } = await reportOf(outcome);
  const [broken] = ofKind('must-pass-broken', findings);
  expect(broken?.questions).toBe(2 * FACTS);
  expect(probes.mustPass?.[0]?.broken).toHaveLength(broken?.broken ?? 0);
  const [lost] = ofKind('refusals-lost', findings);
  expect(lost).toMatchObject({ level: 'fail', suite: 'requests.jsonl', requests: FACTS });
  expect(outcome.summary).toContain('that the baseline refused');
  expect(outcome.summary).toContain('must-pass questions are answered wrong');
  expect(rig.github.comments[0]?.body).toContain('that the baseline refused');

  const same = await reportOf(await gate('benchmark-aligned'));
  const own = same.findings.filter(({ kind }) => kind.startsWith('refusals'));
  expect(own).toEqual([]);
  expect(same.probes.comparison.refusals).toMatchObject([{ answered: 0, newlyRefused: 0 }]);
});

it('cannot be taken out of their files by the change that is judged', async () => {
  await commit(HEAD_SHA, 1);
  const { probes } = await reportOf(await gate('base'));
  expect(probes.mustPass).toMatchObject([{ questions: 2 * FACTS, asked: 2 * FACTS }]);
  expect(probes.comparison.refusals).toMatchObject([{ requests: FACTS }]);
});
