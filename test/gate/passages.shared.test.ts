import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { describe, expect, it } from 'vitest';
import { scripted } from '../../packages/probes/test/scripted.ts';
import { askSequentially } from '../../src/gate/ask-sequentially.ts';
import { loadSuites } from '../../src/gate/load-suites.ts';
import { runSuites } from '../../src/measure/measure-probes.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { probesOnly, reportOn } from '../compare/measurement.ts';
import { temporaryFolder } from '../fixtures.ts';

const QUESTIONS = 200;
const PASSAGE = 'A long story that four questions ask about, with a name of its own at its end. ';

/** Four questions to each of fifty passages. Each line has its whole passage. */
const FILE = Array.from({ length: QUESTIONS }, (_, i) => {
  const story = `${PASSAGE.repeat(3)}Story ${Math.floor(i / 4)}`;
  const choices = ['pear', 'plum', 'fig', 'date'].map((fruit) => `${fruit} ${i}`);
  return `${JSON.stringify({ id: `q${i}`, question: `Which fruit is in ${i}?`, choices, answer: i % 4, story })}\n`;
}).join('');

async function load(entry: string, rest = '') {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'reading.jsonl'), FILE);
  const text = `probes: [${entry}]\n${rest}`;
  const policy = parsePolicy(text, 'policy.yml');
  return { text, policy, suites: await loadSuites({ policy, policyPath: join(folder, 'policy.yml') }, 1) };
}

const rightOf = ({ question }: ProbeItem) => (question.kind === 'choice' ? question.answer : null);

/** The report on a model that answers as its baseline, except for some questions. */
async function judged(entry: string, isLost: (question: number) => boolean, rest = '') {
  const { text, policy, suites } = await load(entry, rest);
  const selection = { suites, seed: 1, order: { seed: 1, isChosen: false }, chatTemplate: false, budgetSeconds: null };
  const items = suites.flatMap((suite) => suite.items);
  const numberOf = ({ fact }: ProbeItem) => Number(fact.slice(1));
  const knows = (item: ProbeItem) => numberOf(item) % 10 !== 9;
  const measure = async (isRight: (item: ProbeItem) => boolean, digest: string) => {
    const model = scripted(items, (item) => {
      const right = rightOf(item);
      return right === null || isRight(item) ? right : (right + 1) % 4;
    });
    const measured = probesOnly((await runSuites(model, selection)).probes);
    return { ...measured, checkpoint: { ...measured.checkpoint, digest } };
  };
  const baseline = await measure(knows, 'sha256:baseline');
  const candidate = await measure((item) => knows(item) && !isLost(numberOf(item)), 'sha256:candidate');
  const report = reportOn(candidate, baseline, { policy: text });
  return { report, baseline, asked: askSequentially(selection, baseline, policy)?.sequential };
}

const PLAIN = 'reading.jsonl';
const CLUSTERED = '{file: reading.jsonl, fields: {cluster: story}}';
/** The questions to three passages. */
const isLost = (question: number) => question < 12;

describe('a file whose questions share passages', () => {
  it('fails nobody for three passages, unlike a policy that does not name the passages', async () => {
    const [plain, clustered] = [await judged(PLAIN, isLost), await judged(CLUSTERED, isLost)];
    expect(plain.report.verdict).toBe('fail');
    expect(clustered.report.verdict).toBe('inconclusive');
    expect(clustered.report.probes?.comparison.rows[0]).toMatchObject({ facts: QUESTIONS, units: 50 });
    expect(plain.report.probes?.comparison.rows[0]).not.toHaveProperty('units');
  });

  it('fails who loses a question of every other passage', async () => {
    const { report } = await judged(CLUSTERED, (question) => question % 8 === 0);
    expect(report.verdict).toBe('fail');
  });

  it('is asked as a whole, and without the key block by block', async () => {
    expect((await judged(PLAIN, () => false)).asked?.blocks.length).toBeGreaterThan(1);
    expect((await judged(CLUSTERED, () => false)).asked).toBeUndefined();
  });

  it('is another suite with the key, and keeps no text of a passage', async () => {
    const [[plain], [clustered]] = [(await load(PLAIN)).suites, (await load(CLUSTERED)).suites];
    expect(clustered?.digest).not.toBe(plain?.digest);
    expect(JSON.stringify(plain?.items)).not.toContain('passage');
    const omit = 'probes-text: omit\n';
    const { report, baseline } = await judged(CLUSTERED, isLost, omit);
    expect(report.verdict).toBe('inconclusive');
    for (const own of [report, baseline]) expect(JSON.stringify(own)).not.toContain('Story');
    expect((await judged(PLAIN, isLost, omit)).report.verdict).toBe('fail');
  });
});
