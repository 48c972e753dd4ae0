/** How much a finding weighs, the worst first. */
export const SEVERITY = ['fail', 'inconclusive', 'warn', 'info'] as const;
export type Level = (typeof SEVERITY)[number];
