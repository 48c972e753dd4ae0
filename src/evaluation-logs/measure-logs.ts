import { groupBy, VERSION } from '@shadow-gate/platform';
import { canonicalJson } from '@shadow-gate/platform/json';
import { machineRecord, WITHOUT_WEIGHTS } from '../measure/record/index.ts';
import {
  type Benchmarks,
  benchmarksDigest,
  MEASUREMENT_SCHEMA,
  type MeasuredProbes,
  type Measurement,
  measurementSchema,
} from '../measure/schema/index.ts';
import { clusteredError } from '../statistics/index.ts';
import { readCounts } from './counts/read-counts.ts';
import { readEveryEvalEver } from './every-eval-ever/read-benchmarks.ts';
import { readInspect } from './inspect/read-benchmarks.ts';
import { readLighteval } from './lighteval/read-benchmarks.ts';
import { readExportedProbes } from './lm-eval/exported-probes.ts';
import { readLmEval } from './lm-eval/read-benchmarks.ts';

export { isCountsFile } from './counts/read-counts.ts';

const READERS = {
  'lm-eval': readLmEval,
  inspect: readInspect,
  lighteval: readLighteval,
  'every-eval-ever': readEveryEvalEver,
  counts: readCounts,
} satisfies Record<string, (path: string) => Promise<Benchmarks>>;

/** A program whose logs are read, or counts that any program can write, as options and inputs call them. */
export type LogKind = keyof typeof READERS;
export const LOG_KINDS = Object.keys(READERS) as readonly LogKind[];

export interface Logs {
  readonly kind: LogKind;
  /** A folder that is searched through for logs of one program, or a file of counts. */
  readonly path: string;
}

interface ReadLogs {
  readonly benchmarks: Benchmarks;
  /** Probes of tasks that this program exported; null if there are none. */
  readonly probes: MeasuredProbes | null;
}

/** Tasks that this program exported are probes, not benchmarks. */
async function readLogs({ kind, path }: Logs): Promise<ReadLogs> {
  const benchmarks = await READERS[kind](path);
  const exported = kind === 'lm-eval' ? await readExportedProbes(path) : null;
  if (exported === null) return { benchmarks, probes: null };
  const isOther = ({ name }: { readonly name: string }) => !exported.names.has(name);
  return {
    benchmarks: {
      ...benchmarks,
      tasks: benchmarks.tasks.filter(isOther),
      groups: benchmarks.groups.filter(isOther),
    },
    probes: exported.probes,
  };
}

/**
 * Logs of an evaluation as a measurement: its answers and nothing else. No model is run, and nothing proves which one
 * answered: the measurement has what the logs say.
 * @throws UserError for logs that cannot be read, with file, and line, member or row
 */
export async function measureLogs({ kind, path }: Logs): Promise<Measurement> {
  const started = new Date();
  const { benchmarks: read, probes } = await readLogs({ kind, path });
  const benchmarks = kind === 'counts' ? withErrors(read) : read;
  const { model, runs } = benchmarks;
  const times = runs.flatMap(({ time }) => time ?? []).sort();
  const record = machineRecord(started);
  return measurementSchema.parse({
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: {
      digest: benchmarksDigest(benchmarks, probes),
      format: 'evaluated',
      dtypes: {},
      tensors: 0,
      parameters: model.parameters ?? 0,
    },
    ...WITHOUT_WEIGHTS,
    device: benchmarks.harness,
    benchmarks,
    probes,
    run: {
      ...record,
      // What is reported as its age is that of the answers.
      time: times.at(-1) ?? record.time,
      checkpoint: model.name,
      reference: null,
      deviceReason: 'logs of an evaluation',
    },
  });
}

/** Counts come without standard errors: items of one passage are one cluster. */
function withErrors(counted: Benchmarks): Benchmarks {
  const tasks = counted.tasks.map((task) => {
    const clusters = groupBy(task.documents ?? [], ({ passage, docHash }) => canonicalJson(passage ?? [docHash]));
    const shares = [...clusters.values()].map((own) => own.map(({ values }) => Number(values[0])));
    return { ...task, metrics: task.metrics.map((metric) => ({ ...metric, stderr: clusteredError(shares) })) };
  });
  return { ...counted, tasks };
}
