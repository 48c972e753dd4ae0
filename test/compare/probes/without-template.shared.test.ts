import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { expect, it } from 'vitest';
import { readBehaviorValues } from '../../../src/measure/behavior/part.ts';
import { suitesWithoutTemplate } from '../../../src/measure/unused-template.ts';
import { renderShort } from '../../../src/report/terminal/report.ts';
import { methodFacts } from '../../../src/report/text/measurement-facts.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { probeSectionNotes } from '../../../src/report/text/probes.ts';
import { answers, behavior, probes, probesOnly, reportOn, SUITE } from '../measurement.ts';

const templates = { 'chat-template': readBehaviorValues({ default: '{{ messages }}' }) };
const chat = (over: Partial<MeasuredProbes> = {}) => probesOnly(probes(over), { behavior: behavior(templates) });
const FILE = { kind: 'file', path: 'report.html' } as const;
const ALL =
  'The checkpoint has a chat template, and the probes were asked without it: numbers of the two ways are not comparable.';

it('a checkpoint with a chat template that is asked without it: every report says so in one line', () => {
  const report = reportOn(chat(), chat());
  expect(report.findings.filter(({ level }) => level !== 'info')).toEqual([]);
  const { probes: measured } = report;
  if (measured === null) throw new Error('no probes');
  expect(measured.withoutTemplate).toEqual(['builtin']);
  expect(probeSectionNotes(measured).map(plain)).toContain(ALL);
  expect(methodFacts(report).map(([label, value]) => `${label}: ${plain(value)}`)).toContain(`chat template: ${ALL}`);
  expect(renderShort(report, FILE, { color: false, width: 200 })).toContain(ALL);
});

it('a suite that was asked with it is not named', () => {
  const own = { ...SUITE, name: 'own', chatTemplate: true };
  const suites = [SUITE, own];
  const items = [...answers(), ...answers(50, 'own')];
  const { probes: measured } = reportOn(chat({ suites, items }), null);
  if (measured === null) throw new Error('no probes');
  expect(probeSectionNotes(measured).map(plain).join(' ')).toContain('and builtin was asked without it');
});

it('nothing is said where it was used, where there is none, and where that is not known', () => {
  expect(suitesWithoutTemplate(chat({ chatTemplate: true }))).toEqual([]);
  expect(suitesWithoutTemplate(probesOnly(probes(), { behavior: behavior({ 'chat-template': null }) }))).toEqual([]);
  // Only of tools, which no probe has.
  const other = { 'chat-template': readBehaviorValues({ tool_use: 'x' }) };
  expect(suitesWithoutTemplate(probesOnly(probes(), { behavior: behavior(other) }))).toEqual([]);
  expect(suitesWithoutTemplate(probesOnly(probes(), { behavior: null }))).toEqual([]);
  const { probes: measured } = reportOn(chat({ chatTemplate: true }), null);
  expect(measured).not.toHaveProperty('withoutTemplate');
});
