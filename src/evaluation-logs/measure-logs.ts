import { machineRecord } from '../measure/run-record.ts';
import { benchmarksDigest } from '../measure/schema/benchmarks.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from '../measure/schema/measurement.ts';
import { WITHOUT_WEIGHTS } from '../measure/without-weights.ts';
import { VERSION } from '../platform/version.ts';
import { readLmEval } from './lm-eval/read-benchmarks.ts';

/**
 * Logs of lm-evaluation-harness as a measurement: its answers and nothing else. No model is run, and nothing proves which one
 * answered: the measurement has what the logs say.
 * @param folder searched through for results and samples
 * @throws UserError for logs that cannot be read, with file and line
 */
export async function measureLmEval(folder: string): Promise<Measurement> {
  const started = new Date();
  const benchmarks = await readLmEval(folder);
  const { model, runs } = benchmarks;
  const times = runs.flatMap(({ time }) => time ?? []).sort();
  const record = machineRecord(started);
  return measurementSchema.parse({
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: {
      digest: benchmarksDigest(benchmarks),
      format: 'evaluated',
      dtypes: {},
      tensors: 0,
      parameters: model.parameters ?? 0,
    },
    ...WITHOUT_WEIGHTS,
    device: benchmarks.harness,
    benchmarks,
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
