import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/compare/finding.ts';
import { nextSteps } from '../../../src/report/summary/finding.ts';
import { whatToDo } from '../../../src/report/summary/verdict.ts';
import { acceptCommand, pathWord } from '../../../src/report/text/commands.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { everyFinding } from '../findings.ts';
import { finding, HOSTILE_NAMES, probeReport, report, subject } from '../fixtures.ts';

const all = everyFinding('w_1');
const base = report({ probes: probeReport() });

describe('what to do', () => {
  it.each(all.map((one, i) => [`${one.kind} (${i})`, one] as const))('about %s is one step, or two', (_, one) => {
    const steps = nextSteps(one, { ...base, findings: [one] }).map(plain);
    expect(steps.length).toBeGreaterThanOrEqual(1);
    expect(steps.length).toBeLessThanOrEqual(2);
    for (const step of steps) {
      expect(step).toMatch(/^[A-Z]/);
      expect(step).not.toMatch(/undefined|NaN(?!,)|null|\[object| {2}|\.\.$/);
      // A command is last, so that nothing is copied with it.
      expect(step).toMatch(/\.$|: shadow-gate /);
      expect(step.length).toBeLessThan(330);
    }
  });

  it('on a first run is the command that makes the baseline, with the paths of this check', () => {
    const first: Finding = { kind: 'missing-baseline', level: 'warn', path: 'models/baseline.json' };
    const one = report({ verdict: 'warn', findings: [first], baseline: null, policy: 'ci/gate.yml' });
    expect(whatToDo(one).map(plain)).toEqual([
      'If this checkpoint is approved, make it the first baseline and commit the file: shadow-gate measure --checkpoint examples/benchmark-aligned --reference examples/base --policy ci/gate.yml --out models/baseline.json',
    ]);
  });

  describe('where too little was asked', () => {
    const unclear = all.find(({ kind }) => kind === 'twin-accuracy-unclear') as Finding;
    const likely = {
      ...(all.find(({ kind }) => kind === 'likelihood-unclear') as Finding),
      level: 'inconclusive',
    } as Finding;
    const few = all.find(({ kind }) => kind === 'no-common-items') as Finding;
    const limited = { ...probeReport(), budgetSeconds: 60 };
    const stepsOn = (one: Finding, over: Parameters<typeof report>[0]) => nextSteps(one, report(over)).map(plain);

    it('is a plan of the suites of the policy that was applied, with the base of an adapter, after a time limit', () => {
      const [ask] = stepsOn(unclear, { policy: 'ci/gate.yml', probes: limited });
      expect(ask).toMatch(/^Ask more: raise or leave out budget\. What fits: shadow-gate probes --checkpoint \S+ /);
      expect(ask).toMatch(/ --reference examples\/base --policy ci\/gate\.yml --budget 10m$/);
      // At a server there is no such plan.
      const served = all.filter((one) => one.kind === 'no-weights');
      expect(stepsOn(unclear, { probes: limited, findings: served })[0]).toBe('Ask more: raise or leave out budget.');
    });

    it('is no time limit where none was set', () => {
      for (const one of [unclear, likely, few]) {
        for (const probes of [probeReport(), null]) {
          expect(stepsOn(one, { probes }).join('\n'), one.kind).not.toContain('budget');
        }
      }
      expect(stepsOn(few, { probes: limited })[1]).toBe('Or raise budget on both sides.');
    });

    it('is what the suites that were asked can have more of', () => {
      const own = probeReport();
      expect(stepsOn(unclear, { probes: own })).toEqual([
        'Add questions, or suites under probes, or allow a loss of more than 5\u00a0points: margin of twin-accuracy in the policy.',
        expect.stringMatching(/^Then measure the baseline again, .*: shadow-gate measure .*--out \S+$/),
      ]);
      const builtin = { ...own, suites: [{ name: 'builtin', items: 720 }] };
      expect(stepsOn(unclear, { probes: builtin })[0]).toMatch(/^Ask more facts of the built-in suite, /);
      expect(stepsOn(likely, { probes: builtin })[0]).toMatch(/^Ask more facts of the built-in suite, /);
    });
  });

  it('of spectra alone names no probes', () => {
    const moved = finding();
    expect(plain(nextSteps(moved, base)[0] ?? [])).toMatch(/^Look at the probes first\. /);
    expect(plain(nextSteps(moved, report({ probes: null }))[0] ?? [])).not.toContain('probes');
    const outlier = all.find(({ kind }) => kind === 'calibrated-metric') as Finding;
    expect(plain(nextSteps(outlier, base)[0] ?? [])).toMatch(/^Look at the probes: they decide\. /);
    expect(plain(nextSteps(outlier, report({ probes: null }))[0] ?? [])).not.toContain('probes');
  });

  it('names the chat template where a model has one that was not used', () => {
    const blind = all.find(({ kind }) => kind === 'not-informative') as Finding;
    const stepOn = (probes: ReturnType<typeof probeReport>) => plain(nextSteps(blind, report({ probes }))[0] ?? []);
    expect(stepOn(probeReport())).not.toContain('chat-template');
    expect(stepOn({ ...probeReport(), withoutTemplate: ['builtin'] })).toMatch(/in a chat: chat-template: true\.$/);
  });

  it('names the length limit of a server where one answered', () => {
    const left = all.find(({ kind }) => kind === 'left-out') as Finding;
    const served = all.filter((one) => one.kind === 'answered-by-server' && one.side === 'candidate');
    expect(plain(nextSteps(left, base)[0] ?? [])).toBe('Use shorter questions.');
    expect(plain(nextSteps(left, { ...base, findings: served })[0] ?? [])).toContain('max-length');
  });

  it('about an accepted loss says that its baseline counts once it was merged', () => {
    const loss = all.find(({ kind }) => kind === 'accuracy-loss') as Finding;
    for (const one of [loss, finding()]) {
      expect(nextSteps(one, base).map(plain).at(-1)).toMatch(
        /, in a pull request of its own that is merged first: shadow-gate measure /,
      );
    }
  });

  it('of a baseline that was read from a file names that file', () => {
    const baseline = subject({ path: 'models/approved', name: 'approved/b 1.json' });
    const one = report({ findings: [{ kind: 'other-version', level: 'inconclusive', candidate: '2', baseline: '1' }] });
    expect(whatToDo({ ...one, verdict: 'inconclusive', baseline }).map(plain)).toEqual([
      "Measure the baseline again and commit the file: shadow-gate measure --checkpoint models/approved --reference examples/base --out 'approved/b 1.json'",
    ]);
  });

  it('after a time limit says how long enough takes', () => {
    const budget = { seconds: 60, leastSeconds: 300, all: 360, allSeconds: 2000 };
    const few: Finding = { kind: 'too-few-facts', level: 'inconclusive', facts: 12, least: 40, budget };
    expect(plain(nextSteps(few, report())[0] ?? [])).toBe(
      'Raise budget to about 5 min 0 s or more: that is enough for 40 facts. All of them take about 33 min 20 s.',
    );
  });

  it('after a pass is nothing', () => {
    expect(whatToDo(report({ verdict: 'pass', findings: [finding({ level: 'info' })] }))).toEqual([]);
  });

  it('of a model at a server, and of logs, is a command for these', () => {
    const served = all.filter((one) => one.kind === 'no-weights');
    expect(plain([acceptCommand(report({ findings: served }))])).toContain('measure --endpoint URL --model NAME --out');
    const logs = all.filter((one) => one.kind === 'evaluation-logs').map((one) => ({ ...one, harness: 'inspect-ai' }));
    expect(plain([acceptCommand(report({ findings: logs, reference: null }))])).toContain(
      'measure --inspect FOLDER --out',
    );
  });
});

describe('a path in a command', () => {
  it.each(HOSTILE_NAMES.map((name, i) => [i, name] as const))('is one word of a shell: %i', (_, name) => {
    const word = pathWord(name);
    const read = execFileSync('sh', ['-c', `printf '%s\\n' ${word}`], { encoding: 'utf8' });
    expect([`${name}\n`, './'.concat(name, '\n'), 'PATH\n']).toContain(read);
  });

  it('that begins with a dash is no option', () => expect(pathWord('--out')).toBe('./--out'));
  it('with a quote stays what it is', () => expect(pathWord("it's")).toBe("'it'\\''s'"));
});
