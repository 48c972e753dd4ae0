import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { checkAction } from '../../../src/cli/doctor/check-files.ts';
import { checkMemory, checkNode } from '../../../src/cli/doctor/check-runner.ts';
import {
  ok,
  problem,
  renderDiagnosis,
  renderDoctorSummary,
  runChecks,
  shared,
} from '../../../src/cli/doctor/diagnosis.ts';

const fails = (error: Error) => async () => {
  throw error;
};

describe('checks', () => {
  it('go on after one that breaks, which is a problem with its reason', async () => {
    const seen: string[] = [];
    const all = await runChecks(
      {
        a: fails(new TypeError('x is not a function')),
        b: fails(new UserError('it is wrong', 'make it right')),
        none: async () => null,
        c: async () => ok('fine'),
      },
      ({ name }) => seen.push(name),
    );
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(all.map(({ status }) => status)).toEqual(['problem', 'problem', 'ok']);
    expect(all[0]?.text).toBe('this check failed: x is not a function');
    expect(all[1]).toMatchObject({ text: 'it is wrong', fix: 'make it right' });
    expect(renderDoctorSummary(all)).toBe('✘ 2 problems');
  });

  it('share what takes long, and its error', async () => {
    let count = 0;
    const work = shared(async () => {
      count += 1;
      throw new Error('once');
    });
    await expect(work()).rejects.toThrow('once');
    await expect(work()).rejects.toThrow('once');
    expect(count).toBe(1);
  });

  it('are lines without what a terminal carries out, in its width', () => {
    const name = `x\u001b[31m${'word '.repeat(30)}`;
    const text = renderDiagnosis({ name: 'disk', ...problem(name, 'buy one') }, { color: false, width: 40 });
    expect(text).not.toContain('\u001b');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
    expect(text).toMatch(/^✘ disk: x.*\n {2}\S.*\n {2}→ buy one$/s);
  });
});

describe('the machine', () => {
  it('needs a Node that is tested', () => {
    expect(checkNode('20.19.0').status).toBe('ok');
    expect(checkNode('24.1.0').status).toBe('ok');
    expect(checkNode('20.18.3')).toMatchObject({ status: 'problem', fix: 'install Node 20.19 or later' });
  });

  it('needs memory for the model, and some more', () => {
    const check = (whole: number, layered = 17e9) => checkMemory({ whole, layered }, 16e9);
    expect([5e9, 15e9, 33e9].map((whole) => check(whole).status)).toEqual(['ok', 'warning', 'problem']);
    const text = 'the model takes about 33.0 GB in float32, and this machine has 16.0 GB';
    expect(check(33e9).text).toBe(text);
    expect(check(33e9, 3e9)).toMatchObject({
      status: 'warning',
      text: `${text}: it runs from weights of 16 bits, if it has them and they fit, or layer by layer`,
    });
  });
});

describe('a workflow', () => {
  const action = (uses: string) => checkAction({ path: 'w.yml', uses }).status;

  it('pins the action', () => {
    expect(action(`org/shadow-gate@${'0'.repeat(40)}`)).toBe('ok');
    expect(action('org/shadow-gate@v0')).toBe('warning');
    expect(action('OWNER/shadow-gate@v0')).toBe('problem');
  });
});
