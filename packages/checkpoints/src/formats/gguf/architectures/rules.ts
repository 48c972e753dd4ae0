import { at, UserError } from '@shadow-gate/platform';
import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { halvesOfHeads, minusOne } from '../changes.ts';
import { type GgufStoredTensor, namedEntry, sliceGgufTensor, stackMember } from '../model.ts';
import type { GgufArchitecture, NamedTensor, TensorChange, TensorRule } from './architecture.ts';
import { GGUF_NAMES } from './names.ts';

/** Known in every architecture with Llama's list of layers. */
const ATTENTION = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'attn_q_norm', 'attn_k_norm'];

function namesIn(architecture: string) {
  const row = GGUF_NAMES.split('\n').find((line) => line.startsWith(`${architecture} `));
  const [, list = '', ...pairs] = row?.split(' ') ?? [];
  return { list, modules: new Map(pairs.map((pair) => pair.split('=') as [string, string])) };
}

export function rulesOfArchitecture({ name, names = {}, whole = {}, also = [], changes = {} }: GgufArchitecture) {
  const { list, modules } = namesIn(name);
  const { list: common, modules: llama } = namesIn('qwen3');
  const added = [...(list === common ? ATTENTION : []), ...also];
  const all: [string, TensorRule | string][] = [
    ['output', 'lm_head'],
    ...added.map((base): [string, string] => [`blk.${base}`, llama.get(`blk.${base}`) ?? '']),
    ...modules,
    ...Object.entries(whole),
    ...Object.entries(names).map(([base, rule]): [string, TensorRule | string] => [`blk.${base}`, rule]),
  ];
  const rules = new Map(
    all.map(([key, rule]) => [
      key,
      typeof rule === 'string' ? renamed(rule, changes[key.replace(/^blk\./, '')]) : rule,
    ]),
  );
  const [q, k, v] = ['q', 'k', 'v'].map((part) => rules.get(`blk.attn_${part}`));
  if (q && k && v && !rules.has('blk.attn_qkv')) rules.set('blk.attn_qkv', fusedHeads({ q, k, v }));
  const inLayers = [...rules].filter(([key]) => key.startsWith('blk.'));
  return {
    list,
    layer: new Map(inLayers.map(([key, rule]) => [key.slice('blk.'.length), rule])),
    whole: new Map([...rules].filter(([key]) => !key.startsWith('blk.'))),
  };
}

/** @param module as in `GGUF_NAMES` */
export function renamed(module: string, change: TensorChange = (entry) => entry): TensorRule {
  const [experts = '', member] = module.split('.*.');
  return (named) => {
    const { tensor, suffix } = named;
    if (member !== undefined) {
      return members(tensor).map((part, i) => namedEntry(part, `${experts}.${i}.${member}${suffix}`));
    }
    const name = module.endsWith('!') ? module.slice(0, -1) : module + suffix;
    return [change(namedEntry(tensor, name), named)];
  };
}

function members(tensor: GgufStoredTensor): GgufStoredTensor[] {
  return Array.from({ length: tensor.shape[0] ?? 0 }, (_, i) => stackMember(tensor, i));
}

/** A norm stored as weight + 1. */
export const plusOne: TensorChange = (entry) => minusOne(entry);

/** Rows whose rotated pairs llama.cpp stores as neighbors. */
const rotated =
  (headsKey: 'attention.head_count' | 'attention.head_count_kv'): TensorChange =>
  (entry, { model, layer }) => {
    const heads = ggufHeadCount(model, headsKey, layer);
    const { name, shape } = entry;
    const [rows = 0] = shape;
    if (heads > 0 && rows % (heads * 2) === 0) return halvesOfHeads(entry, heads);
    throw new UserError(`${name} has ${rows} rows for ${heads} heads`, 'convert the model again');
  };

/** Queries and keys of such rows. */
export const ROTATED = { attn_q: rotated('attention.head_count'), attn_k: rotated('attention.head_count_kv') };

export function ggufHeadCount(
  model: NamedTensor['model'],
  key: 'attention.head_count' | 'attention.head_count_kv',
  layer: number | null,
): number {
  const all = model.numberOfEach(key, model.layers) ?? model.numberOfEach('attention.head_count', model.layers);
  return at(all ?? [], layer ?? 0);
}

/** A stack of experts, each with two matrices, one above the other. */
export function pairedExperts(list: string, first: string, second: string): TensorRule {
  return ({ tensor, suffix }) =>
    members(tensor).flatMap((both, i) => {
      const [rows = 0] = both.shape;
      return [
        namedEntry(sliceGgufTensor(both, 0, rows / 2), `${list}.${i}.${first}${suffix}`),
        namedEntry(sliceGgufTensor(both, rows / 2, rows), `${list}.${i}.${second}${suffix}`),
      ];
    });
}

/** Queries, keys and values in one matrix, each with its own rule. */
function fusedHeads(rules: { readonly q: TensorRule; readonly k: TensorRule; readonly v: TensorRule }): TensorRule {
  return (named) => {
    const { tensor, model, layer } = named;
    const [rows = 0] = tensor.shape;
    const queries = ggufHeadCount(model, 'attention.head_count', layer);
    const keys = ggufHeadCount(model, 'attention.head_count_kv', layer);
    const head = rows / (queries + 2 * keys);
    if (!Number.isInteger(head)) throw new UserError(`${tensor.name} has ${rows} rows`, 'convert the model again');
    const [first, second] = [queries * head, (queries + keys) * head];
    return [
      ...rules.q({ ...named, tensor: sliceGgufTensor(tensor, 0, first) }),
      ...rules.k({ ...named, tensor: sliceGgufTensor(tensor, first, second) }),
      ...rules.v({ ...named, tensor: sliceGgufTensor(tensor, second, rows) }),
    ];
  };
}

export function replaceTensors<const Names extends readonly string[]>(
  tensors: Map<string, TensorEntry>,
  names: Names,
  to: string,
  make: (...entries: { [I in keyof Names]: TensorEntry }) => TensorEntry,
): void {
  const entries = names.flatMap((name) => tensors.get(name) ?? []);
  if (entries.length !== names.length) return;
  for (const name of names) tensors.delete(name);
  tensors.set(to, make(...(entries as { [I in keyof Names]: TensorEntry })));
}
