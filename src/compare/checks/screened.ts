import { boundedValue } from '@shadow-gate/spectra/bounded';
import { flattenMetrics, isScreened } from '../../measure/aggregate.ts';
import type { TensorMeasurement } from '../../measure/schema/index.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { withDerived } from '../spectra/derived-metrics.ts';
import { boundsWidth } from '../spectra/metric-range.ts';
import { undecided } from './undecided.ts';

/**
 * Screened matrices with bounds that decide nothing here, since they were enough for another baseline or policy. A
 * check completes them; compared files cannot be.
 */
export function leftOpenCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline } = context;
  const [screened] = baseline?.tensors.filter(isScreened) ?? [];
  if (screened) return [tooWide(screened, 'topEnergy.1', 'baseline')];
  const open = undecided(context);
  return open.flatMap(({ of, name, metric }, i) => {
    // One of each metric stands for all.
    if (open.findIndex((other) => other.of === of && other.metric === metric) !== i) return [];
    const tensor = candidate.tensors.find((other) => other.of === of && other.name === name);
    return tensor ? [tooWide(tensor, metric, 'candidate')] : [];
  });
}

function tooWide({ of, name, metrics }: TensorMeasurement, metric: string, side: 'candidate' | 'baseline'): Finding {
  const numbers: ReturnType<typeof withDerived> = metrics === null ? {} : withDerived(flattenMetrics(metrics));
  const measured = numbers[metric] ?? numbers['topEnergy.5%'] ?? 0;
  return {
    kind: 'bounds-too-wide',
    level: 'inconclusive',
    metric,
    of,
    scope: { kind: 'tensor', name },
    side,
    width: boundsWidth(measured, boundedValue(measured)),
    limit: 0,
    isScreened: true,
  };
}
