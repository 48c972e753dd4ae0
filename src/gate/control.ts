import { UserError } from '@shadow-gate/platform';
import type { SeedName } from '@shadow-gate/probes/random';
import type { Verdict } from '../compare/report.ts';
import { clopperPearson } from '../statistics/index.ts';
import { type CheckOptions, check, type JudgedBy, type WeightsChoice } from './check.ts';
import type { NamedModel } from './measure-candidate.ts';

interface ControlRun {
  /** Seed drawn for the probes; null if they could not be asked. */
  readonly seed: SeedName | null;
  readonly verdict: Verdict;
  readonly kinds: readonly string[];
  /** Items that were asked twice, and how many of their answers changed. */
  readonly asked: number;
  readonly changed: number;
}

/** Verdicts on an unchanged model. */
export interface Control {
  readonly runs: readonly ControlRun[];
  /** Checks that would fail a step: `fail` and `inconclusive`. */
  readonly red: number;
  /** Upper confidence bound of the rate of red checks, at {@link CONTROL_LEVEL}. */
  readonly upper: number;
}

export const CONTROL_LEVEL = 0.95;

interface ControlOptions extends Pick<CheckOptions, 'onProgress'>, Pick<JudgedBy, 'policy' | 'today'> {
  readonly model: Pick<NamedModel, 'checkpoint' | 'endpoint' | 'reference'>;
  readonly weights?: Pick<WeightsChoice, 'device' | 'memoryLimit'>;
  readonly checks: number;
}

/** Check a model against itself, with new questions and no caches. @throws UserError if the user can fix it */
export async function control({ model, weights, checks, onProgress, ...judge }: ControlOptions): Promise<Control> {
  const endpoint = model.endpoint && { ...model.endpoint, answers: undefined };
  const runs: ControlRun[] = [];
  for (let i = 0; i < checks; i += 1) {
    const { report } = await check({
      model: { ...model, endpoint },
      judge: { ...judge, baseline: model.checkpoint, baselineEndpoint: endpoint, calibration: false, only: 'probes' },
      weights,
      probes: { seed: 'rotate' },
      onProgress,
    });
    const { probes, verdict } = report;
    if (probes === null && verdict === 'pass') {
      throw new UserError('nothing was asked, so that nothing can be compared', 'let the policy list probes');
    }
    const changed = probes?.comparison.churn.reduce((sum, row) => sum + row.changed, 0) ?? 0;
    const grave = report.findings.filter(({ level }) => level !== 'info');
    const kinds = [...new Set(grave.map(({ kind }) => kind))];
    runs.push({ seed: probes?.seed ?? null, verdict, kinds, asked: probes?.asked ?? 0, changed });
  }
  const red = runs.filter(({ verdict }) => verdict === 'fail' || verdict === 'inconclusive').length;
  // A one-sided bound equals that of a two-sided interval with twice the error.
  const { upper } = clopperPearson({ successes: red, n: runs.length, level: 2 * CONTROL_LEVEL - 1 });
  return { runs, red, upper };
}
