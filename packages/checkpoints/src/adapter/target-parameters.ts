import { UserError } from '@shadow-gate/platform';

/** PEFT nests the adapters of several parameters of a module, the first one innermost. */
const BASE_LAYER = '.base_layer';
/** Parameters of experts in the order in which transformers declares them. */
const OF_EXPERTS = ['gate_up_proj', 'up_proj', 'down_proj'];

export interface AdaptedParameter {
  /** `model.layers.0.mlp.experts.gate_up_proj`: of all experts of a layer. */
  readonly name: string;
  readonly isStack: boolean;
}

/**
 * Finds the parameter that a module of factors changes (`target_parameters`, `_inject_parameters` of PEFT 0.21,
 * `tuners/tuners_utils.py`); null for a layer. The file does not name it: several are nested as `….base_layer` in
 * declaration order. @param modules the names of all modules of factors
 */
export function targetParameterFinder(
  targets: readonly string[] | null | undefined,
  modules: ReadonlySet<string>,
  file: string,
): (module: string) => AdaptedParameter | null {
  return (module) => {
    let [owner, depth] = [module, 0];
    for (; owner.endsWith(BASE_LAYER); depth += 1) owner = owner.slice(0, -BASE_LAYER.length);
    const names = parametersOf(owner, targets ?? []);
    if (names.length === 0) return null;
    const isNested = (level: number) => modules.has(`${owner}${BASE_LAYER.repeat(level)}`);
    const levels = [0, ...names.keys()].findIndex((_, level) => !isNested(level));
    const name = names.length === levels ? names[levels - 1 - depth] : undefined;
    if (name !== undefined) return { name: `${owner}.${name}`, isStack: name !== 'weight' };
    throw new UserError(
      `${file}: target_parameters does not tell which of ${names.join(', ')} of module ${JSON.stringify(owner)} is adapted`,
      'merge the adapter into the base model (PEFT: merge_and_unload) and give the merged model',
    );
  };
}

function parametersOf(owner: string, targets: readonly string[]): string[] {
  const found = new Set<string>();
  const isExperts = owner.endsWith('experts');
  for (const target of targets) {
    const dot = target.lastIndexOf('.');
    const [parent, name] = [target.slice(0, Math.max(0, dot)), target.slice(dot + 1)];
    const isParent = parent === '' ? isExperts : owner === parent || owner.endsWith(`.${parent}`);
    if (isParent && (isExperts ? OF_EXPERTS.includes(name) : name === 'weight')) found.add(name);
  }
  return isExperts ? OF_EXPERTS.filter((name) => found.has(name)) : [...found];
}
