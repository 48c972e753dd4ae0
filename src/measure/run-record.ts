import os from 'node:os';
import process from 'node:process';
import type { ProbeRun } from './measure-probes.ts';
import type { Measurement } from './schema/measurement.ts';

type Run = Measurement['run'];

/** When and where a measurement was made, up to now. */
export function machineRecord(started: Date) {
  return {
    time: started.toISOString(),
    host: os.hostname(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    cores: os.availableParallelism(),
    durationSeconds: (Date.now() - started.getTime()) / 1000,
  };
}

/** How the probes ran; null if they did not. */
export function probesRecord(run: ProbeRun | null | undefined): Run['probes'] {
  if (!run) return null;
  const { by, precision, execution, seconds, expectedSeconds, allSeconds, usage, vocabulary } = run;
  return {
    by,
    precision,
    ...(execution === null || execution === 'whole' ? {} : { execution }),
    seconds,
    expectedSeconds,
    allSeconds,
    ...(vocabulary ? { vocabulary } : {}),
    ...(usage ? { server: usage } : {}),
  };
}
