import { UserError } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbeRunOptions } from '../measure/options.ts';
import { readMeasurement } from '../measure/schema/index.ts';

/** The answers to compare with, for their seed and levels. @throws UserError for a file without answers */
export async function readLike(path: string): Promise<MeasuredProbes> {
  const { probes } = await readMeasurement(path);
  if (probes?.status === 'measured') return probes;
  const why = probes === null ? 'was measured without probes' : `could not run the probes: ${probes.reason}`;
  throw new UserError(`${path} ${why}`, 'measure it again with probes, or leave out --like');
}

/** @throws UserError if the prompting or a suite differs, so that the answers could not be compared */
export function expectLike({ suites, chatTemplate }: ProbeRunOptions, like: MeasuredProbes, path: string): void {
  if (chatTemplate !== like.chatTemplate) {
    const [used, other] = like.chatTemplate ? ['with', 'without'] : ['without', 'with'];
    throw new UserError(
      `${path} was asked ${used} the chat template, and would be compared with answers ${other} it`,
      'leave out the option for the chat template',
    );
  }
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
  const names = new Set(suites.map(({ name }) => name));
  const missing = like.suites.find(({ name }) => !names.has(name));
  if (missing) {
    throw new UserError(
      `suite ${JSON.stringify(missing.name)} of ${path} is not among those of the policy`,
      'use the policy that it was measured with',
    );
  }
}
