import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { groupName } from '../spectra/pair-metrics.ts';

const NAMED = 3;

/** The effect on the weights; the probes show the effect on answers. */
export function quantizationErrorCheck({ quantization }: ComparisonContext): Finding[] {
  if (quantization === null) return [];
  const { formats, error, modules, notCompared } = quantization;
  const named = modules.slice(0, NAMED).map((row) => ({ module: groupName(row), error: row.error }));
  return [{ kind: 'quantization-error', level: 'info', formats, error, named, modules: modules.length, notCompared }];
}
