import type { Config } from '../config.ts';
import type { Activation } from '../decoder.ts';
import type { Mamba2 } from '../recurrent.ts';
import { linear, rmsNorm } from './layers.ts';

interface Mamba2Sizes
  extends Pick<Mamba2, 'heads' | 'headDim' | 'groups' | 'stateDim' | 'timeStep'>,
    Partial<Pick<Mamba2, 'inputScales' | 'gated'>> {
  readonly hidden: number;
  readonly kernel: number;
  readonly convolutionBias: boolean;
  /** Activation of the convolution; the gate has SiLU. */
  readonly activation: Activation;
  readonly bias: boolean;
  readonly outputBias?: boolean;
  /** Epsilon of its norm; null: it has no norm. */
  readonly epsilon: number | null;
}

/** `<module>.in_proj`, `conv1d`, `A_log`, `dt_bias`, `D`, `norm`, `out_proj`. */
export function mamba2(sizes: Mamba2Sizes): (module: string) => Mamba2 {
  const { hidden, kernel, convolutionBias, activation, bias, outputBias = bias, epsilon, ...rest } = sizes;
  const { heads, headDim, groups, stateDim } = sizes;
  const inner = heads * headDim;
  const channels = inner + 2 * groups * stateDim;
  return (module) => ({
    kind: 'mamba2',
    input: linear(`${module}.in_proj`, hidden, inner + channels + heads, { bias }),
    convolution: { module: `${module}.conv1d`, channels, kernel, bias: convolutionBias, activation },
    logDecay: `${module}.A_log`,
    timeBias: `${module}.dt_bias`,
    skip: `${module}.D`,
    norm: epsilon === null ? null : rmsNorm(`${module}.norm`, inner, epsilon),
    normGroups: groups,
    gated: 'before norm',
    output: linear(`${module}.out_proj`, inner, hidden, { bias: outputBias }),
    ...rest,
  });
}

/** Keys that configs of Granite and of Falcon share. */
export function readMamba2(config: Config) {
  config.size('mamba_chunk_size'); // How it is computed, not what.
  return {
    groups: config.size('mamba_n_groups'),
    stateDim: config.size('mamba_d_state'),
    kernel: config.size('mamba_d_conv'),
    convolutionBias: config.boolean('mamba_conv_bias'),
    activation: config.activation('hidden_act'),
    bias: config.boolean('mamba_proj_bias'),
    timeStep: readTimeStep(config),
  };
}

/** Bounds of dt, which are [0, ∞] where the config has none. */
function readTimeStep(config: Config): Mamba2['timeStep'] {
  const limits = config.list('time_step_limit') ?? [0, Number.POSITIVE_INFINITY];
  if (limits.length !== 2) throw config.error(`time_step_limit has ${limits.length} entries, not 2`);
  const [least, most] = limits.map((value) => infinityOr(config, 'time_step_limit', value));
  return { least: least ?? 0, most: most ?? Number.POSITIVE_INFINITY };
}

/** A number of a config, which can be infinite: transformers 5 writes `{"__float__": "Infinity"}`. */
function infinityOr(config: Config, key: string, value: unknown): number {
  const isInfinity =
    value === 'Infinity' ||
    (typeof value === 'object' && value !== null && '__float__' in value && value.__float__ === 'Infinity');
  if (isInfinity) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') throw config.error(`${key} has ${JSON.stringify(value ?? null)}, not a number`);
  return value;
}
