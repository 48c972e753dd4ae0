import type { Benchmarks } from '@shadow-gate/harness/benchmarks';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { suiteVariances, taskVariances, tooFewFacts } from '../compare/index.ts';
import {
  budgetUse,
  countedFacts,
  evaluateWithoutBaseline,
  instrumentPower,
  LEAST_FACTS,
  levelsIn,
  pairWithItself,
} from '../compare/probes/index.ts';
import type { Measurement } from '../measure/schema/index.ts';
import { suitesWithoutTemplate } from '../measure/unused-template.ts';
import type { Policy } from '../policy/policy.ts';
import { printable } from '../report/escape.ts';
import { findingText } from '../report/summary/index.ts';
import { phraseLine, renderInstrumentPower, renderSamplePlan } from '../report/terminal/index.ts';
import {
  budgetSentence,
  decidesSentence,
  formatCount,
  measuredNotes,
  plain,
  plannedSentence,
  unusedTemplate,
} from '../report/text/index.ts';
import type { Output } from './output.ts';

/** Summarize a measurement that was written to a file, and warn about anything unusual. */
export function printMeasurement(measurement: Measurement, file: string, output: Output): void {
  const { method, tensors, skipped, nonFinite, probes, benchmarks, run } = measurement;
  output.warnNonFinite(nonFinite);
  if (probes?.status === 'notRun') output.warn(`the probes did not run: ${printable(probes.reason)}`);
  const measured = probes?.status === 'measured' ? probes : null;
  if (measured) warnOfProbes(measured, file, output);
  const spectra = formatCount(tensors.length, 'spectrum', 'spectra');
  const cached = run.recalledSpectra === 0 ? '' : ` (${run.recalledSpectra.toLocaleString('en-US')} from cache)`;
  const parts = [
    ...(method === null ? [] : [`measured ${spectra}${cached}, skipped ${skipped.length}`]),
    ...(measured
      ? [`${benchmarks ? 'read' : 'ran'} ${formatCount(measured.items.length, 'probe item')}${requestsOf(run)}`]
      : []),
    ...(benchmarks ? readParts(benchmarks) : []),
  ];
  output.print(`${parts.join(', ')}: ${printable(file)}`);
  const variances = [...taskVariances(benchmarks?.tasks ?? []), ...(measured ? suiteVariances(measured) : [])];
  for (const variance of variances.slice(0, MAX_PLANS)) output.print(renderSamplePlan(variance));
}

/** Logs can have a hundred tasks. */
const MAX_PLANS = 3;

function readParts({ tasks, model }: Benchmarks): string[] {
  const documents = tasks.reduce((sum, task) => sum + (task.documents?.length ?? 0), 0);
  const unlogged = tasks.filter((task) => task.documents === null).length;
  const without = unlogged === 0 ? '' : `, ${formatCount(unlogged, 'task')} without samples`;
  const read = `read ${formatCount(tasks.length, 'task')} with ${formatCount(documents, 'document')}`;
  return [
    ...(tasks.length > 0 ? [`${read}${without}`] : []),
    `answered by what the logs call ${printable(model.name)}`,
  ];
}

function warnOfProbes({ notes, leftOut }: MeasuredProbes, file: string, output: Output): void {
  const causes = leftOut.filter(({ cause }) => cause !== 'other-form');
  const left = causes.map(({ id, reason }) => `probe ${id} was left out, with its other forms: ${reason}`);
  for (const messages of [notes, left]) output.warnFew(messages, `like these: see ${printable(file)}`);
}

/** More than one request a question costs time. */
function requestsOf({ probes }: Measurement['run']): string {
  const server = probes?.server;
  if (server === undefined || server.questions === 0) return '';
  return ` (${(server.requests / server.questions).toFixed(2)} requests a question)`;
}

/** Print the losses that this baseline can show, and whether it has enough answers for a verdict. */
export function printAnswers(measurement: Measurement, policy: Policy, output: Output): void {
  const { probes: answered } = measurement;
  if (answered?.status !== 'measured') return;
  const answers = pairWithItself(answered);
  const { facts } = answers;
  if (facts.length === 0) return;
  const levels = levelsIn(answered, answered);
  const comparison = evaluateWithoutBaseline(facts, policy, { ...answers, levels });
  const use = budgetUse(measurement);
  const counted = countedFacts(facts);
  if (counted.facts < LEAST_FACTS) output.print(findingText(tooFewFacts(counted, use)));
  else if (use !== null) output.print(plain(budgetSentence({ ...use, least: LEAST_FACTS })));
  const withoutTemplate = suitesWithoutTemplate(measurement);
  if (withoutTemplate.length > 0) output.print(phraseLine(unusedTemplate(withoutTemplate, answered.suites.length)));
  for (const note of measuredNotes(comparison)) output.print(phraseLine(note));
  const powers = instrumentPower(facts, policy);
  const decides = decidesSentence(powers, counted.facts, policy);
  if (decides !== null) output.print(phraseLine(decides));
  output.print(plain(plannedSentence(comparison.planned, facts.length)));
  if (powers.length > 0) output.print(renderInstrumentPower(powers, counted.facts, policy));
}
