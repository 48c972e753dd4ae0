import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { storedMeasurement } from '../../src/measure/schema/write.ts';
import { verdictSentence, whatToDo } from '../../src/report/summary/verdict.ts';
import { plain } from '../../src/report/text/phrase.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { runGate } from './run-gate.ts';

/** A model of a family, with a tokenizer. */
function modelOf(family: string): string {
  const folder = join(temporaryFolder(), family);
  for (const part of [fixture('beside-tokenizer', 'byte-level'), fixture('language-models', family)]) {
    cpSync(part, folder, { recursive: true, filter: (file) => !/\/expected\.[a-z]+$/.test(file) });
  }
  return folder;
}

const [llama, qwen] = [modelOf('llama'), modelOf('qwen2')];
const policy = join(temporaryFolder(), 'policy.yml');
writeFileSync(policy, 'probes: [builtin]\n');

describe('two models of different architectures', () => {
  it('are inconclusive at once, by their configs: a user need not wait for what cannot be compared', async () => {
    const phases = new Set<string>();
    const options = { checkpoint: qwen, baseline: llama, policy };
    const { measurement, report } = await runGate({ ...options, onProgress: ({ phase }) => phases.add(phase) });
    for (const phase of ['spectra', 'searching', 'levels', 'probes'] as const) expect(phases).not.toContain(phase);
    expect([measurement.method, measurement.probes, measurement.tensors]).toEqual([null, null, []]);
    expect(report.verdict).toBe('inconclusive');
    expect(plain(verdictSentence(report))).toBe(
      'Candidate and baseline have different architectures: modelType is qwen2 in the candidate and llama in the baseline.',
    );
    const kinds = report.findings.filter(({ level }) => level === 'inconclusive').map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['other-architecture']));
    expect(whatToDo(report).map(plain).at(-1)).toMatch(/^Nothing else was measured, .*check --all measures both\.$/);
  });

  it('are also reported against a measurement, and with one half of the gate', async () => {
    const baseline = join(temporaryFolder(), 'baseline.json');
    const { measurement } = await runGate({ checkpoint: llama, policy, only: 'spectra' });
    await writeJson(baseline, storedMeasurement(measurement));
    for (const only of [undefined, 'spectra', 'probes'] as const) {
      const early = await runGate({ checkpoint: qwen, baseline, policy, only });
      expect([early.report.verdict, early.measurement.tensors, early.measurement.probes]).toEqual([
        ...['inconclusive', [], null],
      ]);
      expect(early.report.findings[0]?.kind).toBe('other-architecture');
    }
  });

  it('have the same verdict, for the same reason, where everything is measured', async () => {
    const options = { checkpoint: qwen, baseline: llama, policy, only: 'spectra' } as const;
    const [early, late] = [await runGate(options), await runGate({ ...options, all: true })];
    expect(late.measurement.tensors.length).toBeGreaterThan(0);
    expect(early.report.verdict).toBe(late.report.verdict);
    expect(plain(verdictSentence(early.report))).toBe(plain(verdictSentence(late.report)));
  });

  it('are measured where an inconclusive verdict stops nobody: a failure must not become one', async () => {
    const options = { checkpoint: qwen, baseline: llama, policy, only: 'spectra' } as const;
    const { measurement } = await runGate({ ...options, passesInconclusive: true });
    expect(measurement.tensors.length).toBeGreaterThan(0);
  });

  it('are measured where the candidate cannot be run, or has to have a suite: that decides whatever its baseline is', async () => {
    const unknown = modelOf('qwen2');
    const config = JSON.parse(readFileSync(join(unknown, 'config.json'), 'utf8'));
    writeFileSync(join(unknown, 'config.json'), JSON.stringify({ ...config, model_type: 'of-tomorrow' }));
    const { measurement: whole, report } = await runGate({ checkpoint: unknown, baseline: llama, policy });
    expect(report.findings.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['other-architecture', 'probes-not-run']),
    );
    expect([whole.probes?.status, whole.tensors.length > 0]).toEqual(['notRun', true]);
    const required = join(temporaryFolder(), 'policy.yml');
    writeFileSync(required, 'probes: [{ file: builtin, required: true }]\n');
    const { measurement } = await runGate({ checkpoint: qwen, baseline: llama, policy: required });
    expect(measurement.probes).not.toBeNull();
  }, 60_000);
});
