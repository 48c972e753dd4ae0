import { at } from '@shadow-gate/platform';
import { MAX_EXPERTS } from '../../config/architecture.ts';
import { assembled, canAssemble } from '../../tensors/assembled.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';

type Json = Readonly<Record<string, unknown>>;

/** Mistral's weights (`usualNames`) in transformers' order: rotated rows in halves of heads, experts in stacks. */
export function withUsualOrder(tensors: Tensors, config: Json): Tensors {
  const text = (config.text_config ?? config) as Json;
  const isLatent = text.model_type === 'mistral4';
  const ordered = [...tensors.values()].map((entry) => {
    const isTower = entry.name.startsWith('vision_tower.');
    const heads = isTower ? headsOf(config.vision_config) : isLatent ? null : headsOf(text);
    const part = /\.(q|k)_proj\.weight$/.exec(entry.name)?.[1];
    return part === undefined || heads === null ? entry : inHalves(entry, heads[part as 'q' | 'k']);
  });
  const all = new Map(ordered.map((entry) => [entry.name, entry]));
  return isLatent ? withStacks(all, text) : all;
}

function headsOf(config: unknown) {
  const { num_attention_heads: q, num_key_value_heads: k = q } = (config ?? {}) as Json;
  return typeof q === 'number' && typeof k === 'number' ? { q, k } : null;
}

/** Each head's rows 0, 2, 4, …, followed by 1, 3, 5, … */
function inHalves(entry: TensorEntry, heads: number): TensorEntry {
  const [rows = 0, columns = 0] = entry.shape;
  if (entry.shape.length !== 2 || rows % (2 * heads) !== 0 || !canAssemble([entry])) return entry;
  return assembled({
    name: entry.name,
    shape: entry.shape,
    parts: [entry],
    how: `rows of ${heads} heads in halves`,
    join: (graph, [whole]) => {
      const pairs = graph.reshape(whole ?? graph.constant([], 'float32'), [heads, rows / (2 * heads), 2, columns]);
      return graph.reshape(graph.op('Transpose', [pairs], { perm: [0, 2, 1, 3] }), [rows, columns]);
    },
  });
}

/** Stack `mlp.experts.<i>.…`, gate before up. */
function withStacks(tensors: Tensors, { n_routed_experts: experts }: Json): Tensors {
  if (typeof experts !== 'number' || !(experts <= MAX_EXPERTS)) return tensors;
  const all = new Map(tensors);
  for (const name of tensors.keys()) {
    const module = /^(.*\.mlp\.experts)\.0\.gate_proj\.weight$/.exec(name)?.[1];
    if (module === undefined) continue;
    const each = Array.from({ length: experts }, (_, i) =>
      ['gate', 'up', 'down'].map((part) => tensors.get(`${module}.${i}.${part}_proj.weight`)),
    );
    const found = each.flatMap((parts) => parts.flatMap((part) => part ?? []));
    // Missing experts are reported where they are needed.
    if (found.length !== 3 * experts || !canAssemble(found) || !areAlike(found)) continue;
    for (const entry of found) all.delete(entry.name);
    const gatesAndUps = found.filter((_, i) => i % 3 !== 2);
    const downs = found.filter((_, i) => i % 3 === 2);
    all.set(`${module}.gate_up_proj`, stackOf(`${module}.gate_up_proj`, gatesAndUps, experts));
    all.set(`${module}.down_proj`, stackOf(`${module}.down_proj`, downs, experts));
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function areAlike(found: readonly TensorEntry[]): boolean {
  const shapes = found.map(({ shape }) => shape.join());
  return found.every(({ shape }, i) => shape.length === 2 && shapes[i] === shapes[i % 3 === 2 ? 2 : 0]);
}

function stackOf(name: string, parts: readonly TensorEntry[], experts: number): TensorEntry {
  const perExpert = parts.length / experts;
  const [rows, columns] = [at(at(parts, 0).shape, 0), at(at(parts, 0).shape, 1)];
  return assembled({
    name,
    shape: [experts, perExpert * rows, columns],
    parts,
    how: 'experts in a stack',
    join: (graph, all) => graph.op('Concat', [...all], { axis: 0 }),
    block: (index, count) => {
      const size = parts.length / count;
      return stackOf(name, parts.slice(index * size, (index + 1) * size), experts / count);
    },
  });
}
