import type { Config } from '../config.ts';
import type { Activation } from '../decoder.ts';
import type { Mamba2 } from '../recurrent.ts';
import { linear, rmsNorm } from './layers.ts';

interface Mamba2Sizes extends Pick<Mamba2, 'heads' | 'headDim' | 'groups' | 'stateDim' | 'timeStep'> {
  readonly hidden: number;
  readonly kernel: number;
  readonly convolutionBias: boolean;
  /** Of the convolution; that of the gate is SiLU. */
  readonly activation: Activation;
  readonly bias: boolean;
  readonly epsilon: number;
}

/** `<module>.in_proj`, `conv1d`, `A_log`, `dt_bias`, `D`, `norm`, `out_proj`. */
export function mamba2(sizes: Mamba2Sizes): (module: string) => Mamba2 {
  const { hidden, heads, headDim, groups, stateDim, kernel, convolutionBias, activation, bias, epsilon, timeStep } =
    sizes;
  const inner = heads * headDim;
  const channels = inner + 2 * groups * stateDim;
  return (module) => ({
    kind: 'mamba2',
    ...{ heads, headDim, groups, stateDim, timeStep },
    input: linear(`${module}.in_proj`, hidden, inner + channels + heads, { bias }),
    convolution: { module: `${module}.conv1d`, channels, kernel, bias: convolutionBias, activation },
    logDecay: `${module}.A_log`,
    timeBias: `${module}.dt_bias`,
    skip: `${module}.D`,
    norm: rmsNorm(`${module}.norm`, inner, epsilon),
    normGroups: groups,
    output: linear(`${module}.out_proj`, inner, hidden, { bias }),
  });
}

/** A number of a config, which can be infinite: transformers 5 writes `{"__float__": "Infinity"}`. */
export function infinityOr(config: Config, key: string, value: unknown): number {
  const isInfinity =
    value === 'Infinity' ||
    (typeof value === 'object' && value !== null && '__float__' in value && value.__float__ === 'Infinity');
  if (isInfinity) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') throw config.error(`${key} has ${JSON.stringify(value ?? null)}, not a number`);
  return value;
}
