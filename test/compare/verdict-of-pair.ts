import { UserError } from '@shadow-gate/platform';
import type { Finding } from '../../src/compare/finding.ts';
import type { Verdict } from '../../src/compare/report.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { seeded } from '../statistics/seeded.ts';
import { LOSSES } from './less-information.ts';
import { reportOn } from './measurement.ts';
import { randomPair } from './random-pairs.ts';

/**
 * How bad an outcome is, the best first. A measurement that is refused ends without a verdict, and the step fails
 * whatever `fail-on` says.
 */
const SEVERITY = ['pass', 'warn', 'inconclusive', 'fail', 'refused'] as const satisfies readonly (
  | Verdict
  | 'refused'
)[];
type Outcome = (typeof SEVERITY)[number];
const severityOf = (outcome: Outcome) => SEVERITY.indexOf(outcome);

/**
 * Without one half of a measurement, without likelihoods, without W or ΔW, without exact spectra, or on a machine with
 * too little memory, harm of that kind cannot be shown: `fail` may then become `inconclusive`, which fails the step as
 * well.
 */
const RED_EITHER_WAY: ReadonlySet<string> = new Set([
  'nothing at all',
  'no probes',
  'no likelihoods',
  'no suite',
  'no spectra',
  'fast spectra',
  'no ranks but one',
  'bounds as wide as possible',
  'spectra without metrics',
  'matrices skipped',
  'the worst matrix skipped',
  'all matrices skipped',
  'no weights',
  'no updates',
  'no reference',
]);
const staysRed = (loss: string, before: Outcome, after: Outcome) =>
  RED_EITHER_WAY.has(loss) && before === 'fail' && after === 'inconclusive';

export interface Improvement {
  readonly seed: number;
  readonly loss: string;
  readonly before: Outcome;
  readonly after: Outcome;
  readonly findings: readonly [before: string[], after: string[]];
  readonly policy: string;
}

interface Judged {
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
}

/** As the gate does it: through the file that the measurement is kept in. */
function judge(candidate: Measurement, baseline: Measurement | null, policy: string): Judged {
  try {
    const read = parseMeasurement(JSON.stringify(candidate), 'measurement.json');
    const { verdict, findings } = reportOn(read, baseline, { policy });
    return { outcome: verdict, findings };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { outcome: 'refused', findings: [] };
  }
}

/** Without a baseline nobody can know that something was there, unless the measurement itself names what is missing. */
const isNamed = (loss: string) => /skipped|did not run|without metrics|left out/.test(loss);

/** Every loss of information that makes the verdict of one random pair better. */
export function improvementsOf(seed: number, losses: readonly string[] = Object.keys(LOSSES)): Improvement[] {
  const { candidate, baseline, policy } = randomPair(seed);
  const whole = judge(candidate, baseline, policy);
  return losses.flatMap((loss): Improvement[] => {
    if (baseline === null && !isNamed(loss)) return [];
    const less = LOSSES[loss]?.(candidate, seeded(seed), baseline);
    if (!less) return [];
    const part = judge(less, baseline, policy);
    if (severityOf(part.outcome) >= severityOf(whole.outcome)) return [];
    if (staysRed(loss, whole.outcome, part.outcome)) return [];
    const names = ({ findings }: Judged) => findings.map(({ level, kind }) => `${level} ${kind}`);
    return [
      {
        seed,
        loss,
        before: whole.outcome,
        after: part.outcome,
        findings: [names(whole), names(part)],
        policy,
      },
    ];
  });
}
