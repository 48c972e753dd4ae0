import { at } from '@shadow-gate/platform';
import { MAX_EXPERTS } from '../../config/architecture.ts';
import type { Graph, Value } from '../../onnx/graph.ts';
import { assembled, canAssemble } from '../../tensors/assembled.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import { tensorBlock } from '../../tensors/tensor-value.ts';

/** The experts of a layer in the files that mlx-lm converts: single matrices, or two stacks. */
type Layout =
  | { readonly kind: 'each'; readonly names: Readonly<Record<string, string>> }
  | {
      readonly kind: 'stacks';
      /** Output-first: [out, in]. Alternating: rows of gate and up take turns. */
      readonly order: 'output-first' | 'input-first' | 'input-first, alternating';
      readonly gateUp: string;
      readonly down: string;
    };

const NAMES = { gate_proj: 'gate_proj', up_proj: 'up_proj', down_proj: 'down_proj', fc1: 'up_proj', fc2: 'down_proj' };
const NUMBERED = { gate_proj: 'w1', up_proj: 'w3', down_proj: 'w2' };
const each = (names: Readonly<Record<string, string>>): Layout => ({ kind: 'each', names });
const stacks = (order: Extract<Layout, { kind: 'stacks' }>['order']): Layout => ({
  kind: 'stacks',
  order,
  gateUp: 'experts.gate_up_proj',
  down: 'experts.down_proj',
});

const GRANITE: Layout = {
  kind: 'stacks',
  order: 'output-first',
  gateUp: 'input_linear.weight',
  down: 'output_linear.weight',
};

/** By the text model's type; others have single experts under the names of Qwen and DeepSeek. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  mixtral: each(NUMBERED),
  phimoe: each(NUMBERED),
  minimax: each(NUMBERED),
  minimax_m2: each(NUMBERED),
  lfm2_moe: each(NUMBERED),
  gpt_oss: stacks('input-first, alternating'),
  llama4: stacks('input-first'),
  llama4_text: stacks('input-first'),
  qwen3_vl_moe: stacks('input-first'),
  qwen3_vl_moe_text: stacks('input-first'),
  gemma4: stacks('output-first'),
  gemma4_text: stacks('output-first'),
  mistral4: stacks('output-first'),
  granitemoe: GRANITE,
  granitemoehybrid: GRANITE,
};

/** `mlp.switch_mlp.up_proj.weight`; Gemma 4: `experts.switch_glu`; gpt-oss, Llama 4: `mlp.experts.up_proj.weight`. */
const STACK = /^(.*)\.(switch_mlp|switch_glu|experts)\.(gate_proj|up_proj|down_proj|fc1|fc2)\.(weight|bias)$/;

type Stack = { readonly projection: string; readonly leaf: string; readonly entry: TensorEntry };

/** Convert mlx-lm's stacks of experts, one for each projection, back to the layout of the original files. */
export function withExperts(tensors: Tensors, type: string | null): Tensors {
  const modules = new Map<string, Stack[]>();
  for (const entry of tensors.values()) {
    const [, parent = '', list, projection = '', leaf = ''] = STACK.exec(entry.name) ?? [];
    if (list === undefined || entry.shape.length !== (leaf === 'weight' ? 3 : 2)) continue;
    if (at(entry.shape, 0) > MAX_EXPERTS) continue;
    // Gemma 4 has the name twice in its paths.
    const module = list === 'switch_glu' ? parent.replace(/\.experts$/, '') : parent;
    modules.set(module, [...(modules.get(module) ?? []), { projection, leaf, entry }]);
  }
  if (modules.size === 0) return tensors;
  const layout = (type !== null && Object.hasOwn(LAYOUTS, type) ? LAYOUTS[type] : undefined) ?? each(NAMES);
  const all = new Map(tensors);
  for (const [module, found] of modules) {
    const entries = layout.kind === 'each' ? separate(module, found, layout.names) : fused(module, found, layout);
    // Half of a pair, or a name that exists already, is reported where the missing tensors are needed.
    if (entries === null || entries.some(({ name }) => all.has(name))) continue;
    for (const { entry } of found) all.delete(entry.name);
    for (const entry of entries) all.set(entry.name, entry);
  }
  return all;
}

function separate(module: string, found: readonly Stack[], names: Readonly<Record<string, string>>): TensorEntry[] {
  return found.flatMap(({ projection, leaf, entry }) =>
    Array.from({ length: at(entry.shape, 0) }, (_, expert) => ({
      ...tensorBlock(entry, expert, at(entry.shape, 0)),
      name: `${module}.experts.${expert}.${names[projection] ?? projection}.${leaf}`,
    })),
  );
}

function fused(
  module: string,
  found: readonly Stack[],
  { order, gateUp, down }: Extract<Layout, { kind: 'stacks' }>,
): TensorEntry[] | null {
  const part = (projection: string, leaf: string) =>
    found.find((stack) => stack.projection === projection && stack.leaf === leaf)?.entry;
  const whole = ['weight', 'bias'].flatMap((leaf) => {
    const [gate, up, last] = ['gate_proj', 'up_proj', 'down_proj'].map((projection) => part(projection, leaf));
    const isPair = gate && up && last && gate.shape.join() === up.shape.join() && canAssemble([gate, up, last]);
    return isPair ? [{ leaf, gate, up, last }] : [];
  });
  if (3 * whole.length !== found.length) return null;
  return whole.flatMap(({ leaf, gate, up, last }) =>
    leaf === 'bias'
      ? [pairOfBiases(`${module}.${gateUp}_bias`, gate, up, order), { ...last, name: `${module}.${down}_bias` }]
      : [
          pairOf(`${module}.${gateUp}`, gate, up, order),
          order === 'output-first' ? { ...last, name: `${module}.${down}` } : turned(`${module}.${down}`, last),
        ],
  );
}

type Order = Extract<Layout, { kind: 'stacks' }>['order'];

const turn = (graph: Graph, value: Value) => graph.op('Transpose', [value], { perm: [0, 2, 1] });

/** Gate and up [experts, width, hidden] as one stack. */
function pairOf(name: string, gate: TensorEntry, up: TensorEntry, order: Order): TensorEntry {
  const [experts, width, hidden] = [at(gate.shape, 0), at(gate.shape, 1), at(gate.shape, 2)];
  return assembled({
    name,
    shape: order === 'output-first' ? [experts, 2 * width, hidden] : [experts, hidden, 2 * width],
    parts: [gate, up],
    how: `MLX, gate and up, ${order}`,
    join: (graph, both) => {
      const pair = joinOutputs(graph, both, { dims: [experts, width, hidden], order });
      return order === 'output-first' ? pair : turn(graph, pair);
    },
    block: (index, count) => pairOf(name, stackBlock(gate, index, count), stackBlock(up, index, count), order),
  });
}

function joinOutputs(
  graph: Graph,
  both: readonly Value[],
  { dims, order }: { readonly dims: readonly [number, number, number]; readonly order: Order },
): Value {
  if (order !== 'input-first, alternating') return graph.op('Concat', [...both], { axis: 1 });
  const [experts, width, size] = dims;
  const rows = both.map((value) => graph.reshape(value, [experts, width, 1, size]));
  return graph.reshape(graph.op('Concat', rows, { axis: 2 }), [experts, 2 * width, size]);
}

function pairOfBiases(name: string, gate: TensorEntry, up: TensorEntry, order: Order): TensorEntry {
  const [experts, width] = [at(gate.shape, 0), at(gate.shape, 1)];
  return assembled({
    name,
    shape: [experts, 2 * width],
    parts: [gate, up],
    how: `MLX, gate and up, ${order}`,
    join: (graph, both) => {
      const columns = both.map((value) => graph.reshape(value, [experts, width, 1]));
      return joinOutputs(graph, columns, { dims: [experts, width, 1], order });
    },
  });
}

function turned(name: string, stack: TensorEntry): TensorEntry {
  const [experts, output, input] = [at(stack.shape, 0), at(stack.shape, 1), at(stack.shape, 2)];
  return assembled({
    name,
    shape: [experts, input, output],
    parts: [stack],
    how: 'MLX, transposed',
    join: (graph, [whole]) => turn(graph, whole ?? ('' as Value)),
    block: (index, count) => turned(name, stackBlock(stack, index, count)),
  });
}

function stackBlock(stack: TensorEntry, index: number, count: number): TensorEntry {
  const part = tensorBlock(stack, index, count);
  return { ...part, shape: [at(stack.shape, 0) / count, ...stack.shape.slice(1)] };
}
