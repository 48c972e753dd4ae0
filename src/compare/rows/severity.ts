/** How much a finding weighs, the worst first. */
export const SEVERITY = ['fail', 'inconclusive', 'warn', 'info'] as const;
export type Level = (typeof SEVERITY)[number];

export const VERDICTS = ['pass', 'warn', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];
