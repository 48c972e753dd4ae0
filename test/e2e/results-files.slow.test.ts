import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures.ts';
import { itNeeds } from '../needs.ts';
import { annotations, FAIL, levels, PASS, useRig } from './rig.ts';
import { PUSH } from './run-action.ts';

const rig = useRig();

/** A device on which every write meets a full disk. */
const FULL = '/dev/full';
const itOnLinux = itNeeds(existsSync(FULL), FULL);

itOnLinux(
  'on a full disk the verdict is in the log, the outputs, the summary and the comment, and the step fails',
  async () => {
    const out = temporaryFolder();
    await symlink(FULL, join(out, 'report.json'));
    for (const [inputs, verdict] of [
      [PASS, 'pass'],
      [FAIL, 'fail'],
    ] as const) {
      const outcome = await rig.gate({ ...inputs, out, 'fail-on': 'never' });
      expect(outcome.code, outcome.log).toBe(1);
      expect(annotations(outcome).map(({ message }) => message)).toEqual([
        expect.any(String),
        expect.stringMatching(/^the results of this check were not saved: ENOSPC.*report\.json' — check that path/),
      ]);
      expect(annotations(outcome)[0]?.properties).toContain(verdict);
      expect(outcome.outputs).toMatchObject({ verdict, 'shadow-delta': '' });
      expect(outcome.outputs.report).toBeUndefined();
      expect(outcome.summary).toContain(verdict);
      expect(rig.github.comments[0]?.body).toContain(`Shadow Gate: ${verdict}`);
    }
  },
);

itOnLinux('outputs that cannot be written fail a passing step, and the verdict is in the log', async () => {
  const outcome = await rig.gate(PASS, { environment: { GITHUB_OUTPUT: FULL } });
  expect(outcome.code, outcome.log).toBe(1);
  expect(levels(outcome)[0]).toBe('notice');
  expect(outcome.log).toMatch(/not saved: ENOSPC/);
});

it('a run whose files were not written leaves nothing for later runs: no artifact, no baseline', async () => {
  const out = temporaryFolder();
  await mkdir(join(out, 'report.json', 'in-the-way'), { recursive: true });
  const outcome = await rig.gate({ ...PASS, out, 'update-baseline': 'off' }, { event: PUSH });
  expect(outcome.code, outcome.log).toBe(1);
  expect(outcome.outputs.verdict).toBe('pass');
  expect(rig.results.artifacts.visible.map(({ name }) => name)).toEqual(['shadow-gate-report-default.html']);
});

it('a change that commits a link as the folder for results, or as a file in it, cannot write outside of the workspace', async () => {
  const elsewhere = temporaryFolder();
  await writeFile(join(elsewhere, 'profile'), 'as it was');
  await symlink(elsewhere, rig.path('results'));
  await mkdir(rig.path('plain'));
  await symlink(join(elsewhere, 'profile'), rig.path('plain', 'report.json'));
  for (const out of ['results', 'results/deeper', 'plain', rig.path('results')]) {
    const outcome = await rig.gate({ ...PASS, out });
    expect(outcome.code, outcome.log).toBe(1);
    expect(annotations(outcome).map(({ message }) => message)).toEqual([
      expect.stringMatching(/is a symbolic link out of the workspace — remove the link/),
    ]);
  }
  expect(await readdir(elsewhere)).toEqual(['profile']);
});
