import { MAX_EXPERTS } from '@shadow-gate/checkpoints/config';
import type { Config } from '../config.ts';
import type { Experts, Router, SharedExpert, StackedExperts } from '../decoder.ts';
import { GATED_NAMES, type GatedNames, gatedMlp, linear, type Sizes } from './layers.ts';

export interface ExpertSizes extends Pick<Sizes, 'config' | 'hidden'> {
  readonly count: number;
  readonly perToken: number;
  readonly width: number;
}

export function readExpertSizes(
  { config, hidden }: Pick<Sizes, 'config' | 'hidden'>,
  keys: { readonly count: string; readonly width?: string; readonly perToken?: string },
): ExpertSizes {
  const count = config.size(keys.count, MAX_EXPERTS);
  return {
    config,
    hidden,
    count,
    perToken: config.size(keys.perToken ?? 'num_experts_per_tok', count),
    width: config.size(keys.width ?? 'moe_intermediate_size'),
  };
}

/** A mixture of gated experts `<module>.experts.<i>`, or the two stacked tensors of transformers 5. */
export function gatedExperts(
  { config, hidden, count, perToken, width }: ExpertSizes,
  module: string,
  {
    names = GATED_NAMES,
    activation = config.activation('hidden_act'),
    ...rest
  }: Partial<Experts> & { readonly router: Router; readonly names?: GatedNames },
): Experts {
  return {
    kind: 'experts',
    count,
    perToken,
    activation,
    expert: (index) => {
      const at = (name: string) => `${module}.experts.${index}.${name}`;
      return {
        gate: linear(at(names.gate), hidden, width),
        up: linear(at(names.up), hidden, width),
        down: linear(at(names.down), width, hidden),
      };
    },
    stacked: stackedExperts(`${module}.experts`),
    shared: null,
    latent: null,
    ...rest,
  };
}

/** A softmax over all experts. By default, the weights of the chosen are divided by their sum (`normalize`). */
export function softmaxRouter(
  module: string,
  { hidden, count }: { readonly hidden: number; readonly count: number },
  {
    normalize = true,
    ...changes
  }: Omit<Partial<Router>, 'normalize'> & { readonly normalize?: Router['normalize'] | boolean } = {},
): Router {
  return {
    linear: linear(module, hidden, count),
    alias: null,
    scores: 'softmax',
    correction: null,
    groups: null,
    normalize: typeof normalize === 'boolean' ? (normalize ? { added: 0, least: 0 } : null) : normalize,
    scale: 1,
    ...changes,
  };
}

/** The stacked tensors of transformers 5. */
export function stackedExperts(module: string, layout: StackedExperts['layout'] = 'output-first'): StackedExperts {
  return { gateUp: `${module}.gate_up_proj`, down: `${module}.down_proj`, layout, biases: null };
}

/** A gated MLP for every token, with the sigmoid of `<module>_gate` as its weight if it has one. */
export function sharedExpert(
  sizes: Pick<Sizes, 'config' | 'hidden'>,
  module: string,
  { hasGate = false, ...mlp }: { readonly width: number; readonly hasGate?: boolean; readonly bias?: boolean },
): SharedExpert {
  return {
    mlp: gatedMlp(sizes, module, mlp),
    gate: hasGate ? linear(`${module}_gate`, sizes.hidden, 1) : null,
  };
}

/** Whether a layer has experts in Qwen: every `decoder_sparse_step`-th does, but for those in `mlp_only_layers`. */
export function qwenSparseLayers(config: Config): (index: number) => boolean {
  const dense = config.list('mlp_only_layers') ?? [];
  const step = config.size('decoder_sparse_step');
  return (index) => !dense.includes(index) && (index + 1) % step === 0;
}
