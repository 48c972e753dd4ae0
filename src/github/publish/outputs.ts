import { setOutput } from '@actions/core';
import type { Verdict } from '../../compare/report.ts';

/** The outputs of action.yml. */
export interface Outputs {
  readonly verdict: Verdict;
  /** Absolute paths, so that a later step finds them from any working directory. */
  readonly report: string;
  readonly measurement: string;
  /** Empty if there is no comment. */
  readonly comment: string;
  /** Empty if there is none. */
  readonly issue: string;
  /** Empty if none was proposed. */
  readonly 'baseline-pull-request': string;
}

export function setOutputs(outputs: Partial<Outputs>): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
}
