import { at, UserError } from '@shadow-gate/platform';
import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { halvesOfHeads, minusOne } from '../changes.ts';
import { namedEntry, sliceGgufTensor, stackMember } from '../model.ts';
import type { NamedTensor, TensorRule } from './architecture.ts';

/** Rules for the names and values of tensors. */

/** Under another name, as it is. */
export function renamed(module: string): TensorRule {
  return ({ tensor, suffix }) => [namedEntry(tensor, module + suffix)];
}

/** A parameter that transformers names without `.weight` or `.bias`. */
export function parameter(
  name: string,
  change: (entry: TensorEntry, named: NamedTensor) => TensorEntry = same,
): TensorRule {
  return (named) => [change(namedEntry(named.tensor, name), named)];
}

function same(entry: TensorEntry): TensorEntry {
  return entry;
}

/** Under another name, with other values. */
export function changedTo(module: string, change: (entry: TensorEntry, named: NamedTensor) => TensorEntry): TensorRule {
  return (named) => [change(namedEntry(named.tensor, module + named.suffix), named)];
}

/** A norm whose weight is stored plus one. */
export function plusOneNorm(module: string): TensorRule {
  return changedTo(module, minusOne);
}

/** Rows whose rotated pairs are neighbors. */
export function rotated(module: string, headsKey: 'attention.head_count' | 'attention.head_count_kv'): TensorRule {
  return changedTo(module, (entry, { model, layer }) => {
    const heads = ggufHeadCount(model, headsKey, layer);
    expectWhole(entry, heads, 2);
    return halvesOfHeads(entry, heads);
  });
}

/** Heads of a layer. As many keys as queries where nothing else is said. */
export function ggufHeadCount(
  model: NamedTensor['model'],
  key: 'attention.head_count' | 'attention.head_count_kv',
  layer: number | null,
): number {
  const all = model.numberOfEach(key, model.layers) ?? model.numberOfEach('attention.head_count', model.layers);
  return at(all ?? [], layer ?? 0);
}

function expectWhole({ name, shape }: TensorEntry, heads: number, parts: number): void {
  const [rows = 0] = shape;
  if (heads > 0 && rows % (heads * parts) === 0) return;
  throw new UserError(`${name} has ${rows} rows for ${heads} heads`, 'convert the model again');
}

/** One stack of experts as a module for each. */
export function experts(list: string, module: string): TensorRule {
  return ({ tensor, suffix }) =>
    Array.from({ length: tensor.shape[0] ?? 0 }, (_, i) =>
      namedEntry(stackMember(tensor, i), `${list}.${i}.${module}${suffix}`),
    );
}

/** A stack of experts of which each has two matrices, one above the other. */
export function pairedExperts(list: string, first: string, second: string): TensorRule {
  return ({ tensor, suffix }) =>
    Array.from({ length: tensor.shape[0] ?? 0 }, (_, i) => stackMember(tensor, i)).flatMap((both, i) => {
      const [rows = 0] = both.shape;
      return [
        namedEntry(sliceGgufTensor(both, 0, rows / 2), `${list}.${i}.${first}${suffix}`),
        namedEntry(sliceGgufTensor(both, rows / 2, rows), `${list}.${i}.${second}${suffix}`),
      ];
    });
}

/** Queries, keys and values in one matrix, each changed by the rule of its own. */
export function fusedHeads(rules: {
  readonly q: TensorRule;
  readonly k: TensorRule;
  readonly v: TensorRule;
}): TensorRule {
  return (named) => {
    const { tensor, model, layer } = named;
    const [rows = 0] = tensor.shape;
    const queries = ggufHeadCount(model, 'attention.head_count', layer);
    const keys = ggufHeadCount(model, 'attention.head_count_kv', layer);
    const head = rows / (queries + 2 * keys);
    if (!Number.isInteger(head)) throw new UserError(`${tensor.name} has ${rows} rows`, 'convert the model again');
    const ends = [queries * head, (queries + keys) * head];
    const [first = 0, second = 0] = ends;
    return [
      ...rules.q({ ...named, tensor: sliceGgufTensor(tensor, 0, first) }),
      ...rules.k({ ...named, tensor: sliceGgufTensor(tensor, first, second) }),
      ...rules.v({ ...named, tensor: sliceGgufTensor(tensor, second, rows) }),
    ];
  };
}
