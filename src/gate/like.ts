import type { ProbeRunOptions } from '../measure/options.ts';
import type { MeasuredProbes } from '../measure/schema/probes.ts';
import { readMeasurement } from '../measure/schema/read.ts';
import { UserError } from '../platform/user-error.ts';

/**
 * The answers of another measurement, which a new one is to be compared with: it takes their seed, their levels and their way of
 * prompting.
 * @throws UserError for a file that is no measurement, or has no answers
 */
export async function readLike(path: string): Promise<MeasuredProbes> {
  const { probes } = await readMeasurement(path);
  if (probes?.status === 'measured') return probes;
  const why = probes === null ? 'was measured without probes' : `could not run the probes: ${probes.reason}`;
  throw new UserError(`${path} ${why}`, 'measure it again with probes, or leave out --like');
}

/**
 * Refuse to measure what could not be compared afterwards.
 * @throws UserError naming the first suite that differs
 */
export function expectLike({ suites }: ProbeRunOptions, like: MeasuredProbes, path: string): void {
  const theirs = new Map(like.suites.map((suite) => [suite.name, suite]));
  for (const { name, digest, version } of suites) {
    const other = theirs.get(name);
    if (other?.digest === digest) continue;
    const problem = other
      ? version === other.version
        ? 'has other items'
        : `is version ${other.version}, and version ${version} here`
      : 'was not asked';
    throw new UserError(`suite ${JSON.stringify(name)} ${problem} in ${path}`, `measure ${path} again`);
  }
}
