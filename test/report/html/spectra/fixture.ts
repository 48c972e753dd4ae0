import type { ModuleType } from '@shadow-gate/checkpoints/naming';
import { spectralMetrics, spectrumProfile } from '@shadow-gate/spectra/metrics';
import type { Report } from '../../../../src/compare/report.ts';
import type { BaselineMatrix } from '../../../../src/compare/rows/spectra.ts';
import type { TensorMeasurement } from '../../../../src/measure/schema/measurement.ts';
import { report } from '../../fixtures.ts';

/** [m, n] by module type. */
type Shapes = Readonly<Partial<Record<ModuleType, readonly [number, number]>>>;

const SMALL: Shapes = {
  q_proj: [96, 96],
  k_proj: [48, 96],
  v_proj: [48, 96],
  o_proj: [96, 96],
  gate_proj: [256, 96],
  up_proj: [256, 96],
  down_proj: [96, 256],
};

/** Shapes of a Llama of 7 B parameters. */
export const SEVEN_B: Shapes = {
  q_proj: [4096, 4096],
  k_proj: [4096, 4096],
  v_proj: [4096, 4096],
  o_proj: [4096, 4096],
  gate_proj: [11008, 4096],
  up_proj: [11008, 4096],
  down_proj: [4096, 11008],
};

/** Singular values that fall off as a power of the rank, and toward the end as those of a random matrix do. */
function sigmas(size: number, decay: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => (i + 1) ** -decay * Math.sqrt(1 - (i + 0.5) / size));
}

interface Matrix {
  readonly name: string;
  readonly module: ModuleType;
  readonly layer: number | null;
  readonly shape: readonly [number, number];
  readonly of: TensorMeasurement['of'];
  readonly decay: number;
}

/** The metrics of a large spectrum take a while. */
const metricsOf = new Map<string, ReturnType<typeof spectralMetrics>>();

function known(values: Float64Array, shape: readonly [number, number], key: string, rounding: number | undefined) {
  const found = metricsOf.get(key) ?? spectralMetrics(values, shape, rounding === undefined ? {} : { rounding });
  metricsOf.set(key, found);
  return found;
}

/** A matrix as it is measured: everything about it follows from its singular values. */
function measured({ name, module, layer, shape, of, decay }: Matrix): TensorMeasurement {
  const values = sigmas(Math.min(...shape), decay);
  const metrics = known(values, shape, JSON.stringify([shape, of, decay]), of === 'weight' ? 1e-3 : undefined);
  if (metrics === null) throw new Error('a matrix of zeros');
  const more = of === 'delta' ? { snr: 1834.234567, updateSize: 0.0432123456 } : {};
  return {
    ...{ name, module, layer, component: null, expert: null, shape: [...shape], of, status: 'measured' },
    ...{ method: 'exact', accumulation: 'float64', metrics: { ...metrics, ...more } },
    spectrum: spectrumProfile(values).map((value) => Number(value.toPrecision(4))),
  };
}

/** What a report has of the same matrix of a baseline. */
export function asBaseline({ of, name, status, method, spectrum, metrics }: TensorMeasurement): BaselineMatrix {
  if (metrics === null) return { of, name, status, method, spectrum, metrics };
  const { frobeniusNorm, stableRank, effectiveRank, rank, topEnergy, snr, updateSize } = metrics;
  const shown = { frobeniusNorm, stableRank, effectiveRank, rank, topEnergy };
  const ofUpdate = of === 'delta' ? { snr: snr ?? null, updateSize: updateSize ?? null } : {};
  return { of, name, status, method, spectrum, metrics: { ...shown, ...ofUpdate } };
}

interface Model {
  readonly layers?: number;
  readonly shapes?: Shapes;
}

/** W and ΔW of every matrix of a model, and the baseline's, whose ΔW falls off less. */
export function spectraReport({ layers = 3, shapes = SMALL }: Model = {}, over: Partial<Report> = {}): Report {
  const matrices = (shift: number) =>
    Array.from({ length: layers }).flatMap((_, layer) =>
      Object.entries(shapes).flatMap(([module, shape], i) =>
        (['weight', 'delta'] as const).map((of) =>
          measured({
            name: `model.layers.${layer}.${i < 4 ? 'self_attn' : 'mlp'}.${module}.weight`,
            ...{ module: module as ModuleType, layer, shape, of },
            decay: of === 'weight' ? 0.3 : 0.35 + 0.1 * (i % 2) + shift * (1 + (layer % 3)),
          }),
        ),
      ),
    );
  const tensors = matrices(0.02);
  const baseline = matrices(0).map(asBaseline);
  return report({ tensors, spectra: { baseline }, ...over });
}
