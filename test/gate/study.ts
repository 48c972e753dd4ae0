import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { readJson, shared, temporaryFolder } from '../fixtures.ts';
import { decisiveRules, probesOf, runGate } from './run-gate.ts';

/** The checkpoints of the controlled study, where they are. */
export const study = shared('zoo');

/** The path of a checkpoint of the study. */
export function inStudy(name: string): string {
  if (study === null) throw new Error('the checkpoints of the study are not here');
  return join(study, name);
}

/** A policy whose only suite is the study's. */
export function studyPolicy(): string {
  const file = join(temporaryFolder(), 'policy.yml');
  writeFileSync(file, `probes: [${JSON.stringify(inStudy('probes.jsonl'))}]\n`);
  return file;
}

interface Golden {
  readonly items: readonly { readonly id: string; readonly logprobs: readonly number[] }[];
}

/**
 * Check one checkpoint of the study against its base: verdict, the rules that decide it, and every log-likelihood
 * against torch (`golden/`).
 */
export async function expectVerdict(name: string, verdict: Report['verdict'], rules: readonly string[]): Promise<void> {
  const sides = { checkpoint: inStudy(name), baseline: inStudy('baseA'), policy: studyPolicy() };
  // In blocks, until it is settled, and with every item.
  const inBlocks = await runGate(sides);
  const { report, measurement } = await runGate({ ...sides, all: true });
  for (const judged of [inBlocks.report, report]) {
    expect(judged.verdict).toBe(verdict);
    expect(decisiveRules(judged)).toEqual(rules);
  }
  const { items } = readJson<Golden>(inStudy(`golden/${name}.json`));
  const found = new Map(probesOf(measurement).items.map((item) => [item.id, item]));
  expect(items).not.toEqual([]);
  expect(found.size).toBe(items.length);
  for (const { id, logprobs } of items) {
    logprobs.forEach((logprob, i) => {
      expect(Math.abs((found.get(id)?.logprobs?.[i] ?? Number.NaN) - logprob), id).toBeLessThan(5e-4);
    });
  }
}
