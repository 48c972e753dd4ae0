import { at } from '@shadow-gate/platform';
import type { CheckGroup, CheckSubject, ComparisonContext, FoundBySubject } from '../check.ts';
import type { Finding } from '../finding.ts';
import { withSuiteLevel } from '../suites/levels.ts';

/** No finding is graver than its suite may be. The phase of a check does not change its place among the findings. */
export function runPhases(groups: readonly CheckGroup[], context: ComparisonContext): FoundBySubject {
  const entries = groups
    .filter(({ runIf }) => runIf?.(context) ?? true)
    .flatMap(({ about, checks }) => checks.map((check) => ({ about, check })));
  const capped = (about: CheckSubject, own: readonly Finding[]) =>
    own.map((finding) => withSuiteLevel(finding, about, context));
  const findings = entries.map(({ about, check }): Finding[] => {
    if (typeof check === 'function') return capped(about, check(context));
    return 'find' in check ? capped(about, check.find(context)) : [];
  });
  const by = (subject: CheckSubject) => entries.flatMap(({ about }, i) => (about === subject ? at(findings, i) : []));
  const found = (): FoundBySubject => ({
    sides: by('sides'),
    answers: by('answers'),
    stops: by('stops'),
    texts: by('texts'),
    benchmarks: by('benchmarks'),
    keys: by('keys'),
    spectra: by('spectra'),
  });
  for (const [i, { about, check }] of entries.entries()) {
    if ('findAfter' in check) findings[i] = capped(about, check.findAfter(context, found()));
  }
  return found();
}
