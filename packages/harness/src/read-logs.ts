import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Benchmarks } from './benchmarks.ts';
import { readCounts } from './counts/read-counts.ts';
import { readEveryEvalEver } from './every-eval-ever/read-benchmarks.ts';
import { readInspect } from './inspect/read-benchmarks.ts';
import { readLighteval } from './lighteval/read-benchmarks.ts';
import { readExportedProbes } from './lm-eval/exported-probes.ts';
import { readLmEval } from './lm-eval/read-benchmarks.ts';

const READERS = {
  'lm-eval': readLmEval,
  inspect: readInspect,
  lighteval: readLighteval,
  'every-eval-ever': readEveryEvalEver,
  counts: readCounts,
} satisfies Record<string, (path: string) => Promise<Benchmarks>>;

export type LogKind = keyof typeof READERS;
export const LOG_KINDS = Object.keys(READERS) as readonly LogKind[];

export interface Logs {
  readonly kind: LogKind;
  /** A folder that is searched through for logs of one program, or a file of counts. */
  readonly path: string;
}

interface LoggedAnswers {
  readonly benchmarks: Benchmarks;
  readonly probes: MeasuredProbes | null;
}

export async function readLogs({ kind, path }: Logs): Promise<LoggedAnswers> {
  const benchmarks = await READERS[kind](path);
  const exported = kind === 'lm-eval' ? await readExportedProbes(path) : null;
  if (exported === null) return { benchmarks, probes: null };
  const isOther = ({ name }: { readonly name: string }) => !exported.names.has(name);
  const [tasks, groups] = [benchmarks.tasks.filter(isOther), benchmarks.groups.filter(isOther)];
  return { benchmarks: { ...benchmarks, tasks, groups }, probes: exported.probes };
}
