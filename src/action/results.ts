import type { Report } from '../compare/report.ts';
import type { CheckResult } from '../gate/check.ts';
import { printable } from '../report/escape.ts';
import type { ReportingRun } from './action-run.ts';
import type { ActionContext, Caches } from './context.ts';
import type { Approved } from './resolve-approved.ts';

export interface ActionResults extends CheckResult, Approved {
  readonly run: ReportingRun;
  readonly context: ActionContext;
  readonly caches: Caches | null;
  /** The report that is not shown, after two checks with different questions. */
  readonly beside?: Report | undefined;
}

/** Paths of the results, absolute. */
export interface ResultFiles {
  readonly report: string;
  readonly measurement: string;
  /** Empty if the verdict is not attested. */
  readonly attestation: string;
}

/** @param missing what cannot be written without a token */
export function warnMissingToken({ runner }: ActionContext, missing: string): '' {
  runner.warning(`no ${missing}: the input github-token is empty`);
  return '';
}

/** @returns the address of what was written to GitHub, or an empty text */
export function logOrWarn(
  { runner }: ActionContext,
  label: string,
  result: { readonly url: string } | { readonly warning: string } | { readonly none: string },
): string {
  if ('none' in result) {
    runner.info(`${label}: none, since ${printable(result.none)}`);
    return '';
  }
  if ('warning' in result) {
    runner.warning(result.warning);
    return '';
  }
  runner.info(`${label}: ${printable(result.url)}`);
  return result.url;
}
