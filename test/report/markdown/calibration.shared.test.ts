import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { calibrationSummary, describeCalibrationProposal } from '../../../src/report/markdown/calibration.ts';
import { type CalibrationOutcome, describeProposal } from '../../../src/report/markdown/proposal.ts';
import { calibrated } from '../../compare/calibration/updates.ts';
import { HOSTILE_NAMES, report } from '../fixtures.ts';
import { githubPage, linkableTexts, named, tablesOf, textOf } from '../github-page.ts';

const DOCS = 'https://github.com/o/shadow-gate/blob/v1/docs';
const CONTEXT = { key: 'default', run: 'https://github.com/o/r/actions/runs/7', commit: 'a'.repeat(40), docs: DOCS };
const change = (from: number | null, to: number) => ({
  before: from === null ? null : calibrated(from),
  after: calibrated(to),
  path: '.shadow-gate/calibration.json',
  alpha: 0.05,
});

describe('a calibration on a page of GitHub', () => {
  it('has its checkpoints, which of them are new, and the limits with what they rest on', () => {
    const page = githubPage(calibrationSummary(change(4, 5), DOCS));
    const [runs, limits] = tablesOf(page);
    expect(runs?.map(([name, , mark]) => [name, mark])).toEqual([
      ['checkpoint', ''],
      ...[0, 1, 2, 3].map((i) => [`run-${i}`, '']),
      ['run-4', 'new'],
    ]);
    expect(limits?.[0]).toEqual(['part', 'metric', 'seen', 'limit', 'source']);
    expect(limits?.length).toBeGreaterThan(2);
    expect(named(page, 'p').map(textOf)[0]).toContain('from 4 to 5 known-good runs');
    // Every metric leads to the glossary of this version.
    const links = named(page, 'a').map(({ attrs }) => attrs.find(({ name }) => name === 'href')?.value ?? '');
    expect(links.length).toBeGreaterThan(0);
    expect(links.every((href) => href.startsWith(`${DOCS}/reference/glossary.md#`))).toBe(true);
  });

  it('runs no markup of a name', () => {
    const names = HOSTILE_NAMES.filter(({ length }) => length < 1000);
    const after = calibrated(3);
    const runs = names.map((name, i) => ({ ...at(after.runs, i % 3), name }));
    for (const path of names.slice(4, 5)) {
      const hostile = { ...change(null, 3), after: { ...after, runs }, path };
      for (const text of [calibrationSummary(hostile, DOCS), describeCalibrationProposal(hostile, CONTEXT).body]) {
        const page = githubPage(text);
        expect(tablesOf(page)[0]).toHaveLength(names.length + 1);
        expect(page.elements.map(({ tagName }) => tagName)).not.toContain('script');
        expect(linkableTexts(page).join(' ')).not.toMatch(/evil\.example|@octocat/);
      }
    }
  });

  it('is proposed with how many known-good runs it has', () => {
    const first = describeCalibrationProposal(change(null, 3), CONTEXT);
    expect(first.title).toBe('Shadow Gate: calibration with 3 known-good runs');
    expect(first.body).toContain('3 known-good runs, the first calibration');
    expect(describeCalibrationProposal(change(3, 4), { ...CONTEXT, key: 'llama' }).title).toBe(
      'Shadow Gate: calibration of llama with 4 known-good runs',
    );
  });
});

describe('the proposal of a baseline', () => {
  const proposal = (outcome: CalibrationOutcome | null, alpha = 0.05) =>
    describeProposal(report(), {
      ...{ ...CONTEXT, path: '.shadow-gate/baseline.json' },
      calibration: outcome && { path: '.shadow-gate/calibration.json', alpha, outcome },
    });
  const extended = (from: number, to: number) =>
    ({ kind: 'extended', before: calibrated(from), after: calibrated(to) }) as const;

  it('says how the calibration grows, and from when on a rate is claimed', () => {
    const few = proposal(extended(4, 5));
    expect(few.title).toBe('Shadow Gate: new baseline and calibration');
    expect(few.body).toContain(
      'from 4 to 5 known-good runs. From 19 on, a rate of false alarms is claimed: at most 5% of',
    );
    expect(proposal(extended(18, 19)).body).toContain('With 19 or more, a rate of false alarms is claimed');
    expect(proposal(extended(4, 5), 0.1).body).toContain(
      'From 9 on, a rate of false alarms is claimed: at most 10% of',
    );
    const series = { kind: 'extended', before: calibrated(4, 'series'), after: calibrated(5, 'series') } as const;
    expect(proposal(series).body).toContain('from 4 to 5 checkpoints of one run. A series claims no rate');
  });

  it('says why the calibration stays as it is, and how to extend it by hand', () => {
    const flagged = proposal({ kind: 'flagged' });
    expect(flagged.title).toBe('Shadow Gate: new baseline');
    expect(flagged.body).toMatch(/stays as it is: this checkpoint is outside .*shadow-gate calibrate .* --add/);
    expect(proposal({ kind: 'not-judged', verdict: 'inconclusive' }).body).toContain('the verdict is inconclusive');
    const cause = { cause: 'rank', what: 'q_proj', calibrated: '8', candidate: '16' } as const;
    const finding = { kind: 'calibration-refused', level: 'inconclusive', ...cause } as const;
    expect(proposal({ kind: 'refused', finding }).body).toContain('it is of another LoRA rank');
    expect(proposal({ kind: 'impossible', problem: 'it is outside the workspace' }).body).toContain(
      'stays as it is: it is outside the workspace.',
    );
    expect(proposal(null).body).not.toContain('calibration.json');
  });
});
