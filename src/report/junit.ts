import type { Finding } from '../compare/finding.ts';
import type { Report, Verdict } from '../compare/report.ts';
import { type Html, html } from './render/html/html.ts';
import { findingText, nextSteps } from './summary/finding.ts';
import { type JudgedCheck, judgedChecks } from './summary/rule-groups.ts';
import { WHAT_TO_DO } from './summary/verdict.ts';
import { plain } from './text/phrase.ts';

const MOST_FINDINGS = 20;

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

/** Does a verdict fail the command? */
type IsFailure = (verdict: Verdict) => boolean;

/**
 * JUnit XML for GitLab, Jenkins and others: a test case for each rule of the policy, and for each kind of finding that
 * no rule made. A check that could not judge is an error. There is a failure or an error exactly if the verdict fails
 * the command.
 */
export function renderJunit(report: Report, { isFailure }: { readonly isFailure: IsFailure }): string {
  const cases = judgedChecks(report).map((check) => ({ check, outcome: outcomeOf(check, isFailure) }));
  const count = (wanted: Outcome) => cases.filter(({ outcome }) => outcome === wanted).length;
  const counts = html`name="shadow-gate" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  const time = report.durationSeconds.toFixed(3);
  const { text } = html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts} time="${time}">
<testsuite ${counts} skipped="${count('skipped')}" time="${time}">
<properties>
${propertiesOf(report)}</properties>
${cases.map(({ check, outcome }) => testCase(check, outcome, report))}</testsuite>
</testsuites>
`;
  return text;
}

function outcomeOf({ findings, notJudged }: JudgedCheck, isFailure: IsFailure): Outcome {
  const level = findings[0]?.level ?? 'info';
  if (level === 'info') return notJudged === null ? 'passed' : 'skipped';
  if (!isFailure(level)) return 'passed';
  return level === 'inconclusive' ? 'error' : 'failure';
}

function testCase({ area, name, findings, notJudged }: JudgedCheck, outcome: Outcome, report: Report): Html {
  const [worst] = findings;
  const message = worst ? findingText(worst) : notJudged;
  const body = bodyOf(findings, report);
  const results: Readonly<Record<Outcome, Html | null>> = {
    passed: worst ? html`<system-out>${body}</system-out>` : null,
    skipped: html`<skipped message="${message}"/>`,
    failure: html`<failure type="${worst?.kind ?? null}" message="${message}">${body}</failure>`,
    error: html`<error type="${worst?.kind ?? null}" message="${message}">${body}</error>`,
  };
  return html`<testcase classname="shadow-gate.${area}" name="${name}">${results[outcome]}</testcase>\n`;
}

/** One line for each finding, then the next steps for the worst one. */
function bodyOf(findings: readonly Finding[], report: Report): Html {
  const shown = findings.slice(0, MOST_FINDINGS).map((finding) => `${finding.level}: ${findingText(finding)}`);
  const more = findings.length > shown.length ? [`and ${findings.length - shown.length} more`] : [];
  const steps = findings[0] && findings[0].level !== 'info' ? nextSteps(findings[0], report).map(plain) : [];
  const advice = steps.map((step, i) => (i === 0 ? `${WHAT_TO_DO} ${step}` : step));
  return html`${[...shown, ...more, ...advice].map((line) => html`${line}\n`)}`;
}

function propertiesOf({ verdict, tool, candidate, baseline, reference, policy }: Report): Html[] {
  const all = [
    ['verdict', verdict],
    ['version', tool.version],
    ['candidate', candidate.path],
    ['candidate.digest', candidate.digest],
    ['baseline', baseline?.path],
    ['baseline.digest', baseline?.digest],
    ['reference.digest', reference?.digest],
    ['policy', policy ?? 'defaults'],
  ] as const;
  return all.flatMap(([name, value]) =>
    value === undefined ? [] : [html`<property name="${name}" value="${value}"/>\n`],
  );
}
