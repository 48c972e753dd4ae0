import { type Logs, readLogs } from '@shadow-gate/harness';
import { type Benchmarks, benchmarksDigest } from '@shadow-gate/harness/benchmarks';
import { groupBy, VERSION } from '@shadow-gate/platform';
import { canonicalJson } from '@shadow-gate/platform/json';
import { clusteredError } from '../statistics/index.ts';
import { machineRecord } from './run-record.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from './schema/measurement.ts';
import { WITHOUT_WEIGHTS } from './without-weights.ts';

/**
 * Logs of an evaluation as a measurement of answers alone. No model is run, and nothing proves which one answered.
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
      // Reports show the age of the answers.
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
