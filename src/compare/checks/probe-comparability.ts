import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Suites, seeds or prompts that differ between candidate and baseline. */
export function probeComparability({ probes }: ComparisonContext): Finding[] {
  if (probes.kind === 'paired') return [...probes.findings];
  return probes.kind === 'alone' && probes.why.kind === 'incomparable' ? [...probes.why.findings] : [];
}
