import { at } from '@shadow-gate/platform';
import type { ModuleType } from '../naming/module-type.ts';
import type { TensorEntry, Tensors } from '../tensors/tensor-entry.ts';
import type { FusedPart } from './fused-layout.ts';

/** `…w2.weight`, cut around the number. */
const NUMBERED = /^(.*\.)w([123])(\.weight)?$/;

/**
 * In all models w1 is the first matrix of an MLP, but either w2 or w3 leads back to the hidden state: the one with the
 * sides of w1 swapped or, without a w1, with as many rows as the hidden state has features. Null if it stays open.
 */
export function moduleByShape(
  { name, shape }: Pick<TensorEntry, 'name' | 'shape'>,
  tensors: Tensors,
  hidden: number | null,
): ModuleType | null {
  const [, before, number, after = ''] = NUMBERED.exec(name) ?? [];
  if (number === undefined || shape.length !== 2 || shape[0] === shape[1]) return null;
  const first = tensors.get(`${before}w1${after}`)?.shape;
  if (first !== undefined) {
    if (first.length !== 2) return null;
    if (shape[0] === first[1] && shape[1] === first[0]) return 'down_proj';
    if (shape[0] !== first[0] || shape[1] !== first[1]) return null;
    return number === '1' ? null : hasDown(`${before}`, after, tensors, first) ? 'up_proj' : null;
  }
  if (hidden === null || (shape[0] === hidden) === (shape[1] === hidden)) return null;
  return shape[0] === hidden ? 'down_proj' : 'up_proj';
}

/** DBRX stores all three alike, [experts · width, hidden]: there the names decide. */
function hasDown(before: string, after: string, tensors: Tensors, first: readonly number[]): boolean {
  return ['w2', 'w3'].some((name) => {
    const shape = tensors.get(`${before}${name}${after}`)?.shape ?? [];
    return shape.length === 2 && shape[0] === first[1] && shape[1] === first[0];
  });
}

/** Gated MLPs with both halves in the first matrix, the matrix after it, and the half that comes first. */
const GATED: ReadonlyArray<{ readonly pattern: RegExp; readonly next: string; readonly first: 'gate' | 'up' }> = [
  // diffusers' GEGLU: hidden, gate = proj(x).chunk(2). Its GELU has the same name, and half the rows.
  { pattern: /(^|\.)ff\.net\.0\.proj\.weight$/, next: 'net.2.weight', first: 'up' },
  // ModernBERT: input, gate = Wi(x).chunk(2), and the activation is on the input.
  { pattern: /(^|\.)mlp\.Wi\.weight$/, next: 'Wo.weight', first: 'gate' },
];

/** The halves of such a matrix, which has twice as many outputs as the next one has inputs. Null for any other. */
export function gatedMlpHalves({ name, shape }: TensorEntry, tensors: Tensors): readonly FusedPart[] | null {
  const found = GATED.find(({ pattern }) => pattern.test(name));
  if (!found || shape.length !== 2) return null;
  const next = tensors.get(name.replace(/(net\.0\.proj|Wi)\.weight$/, found.next));
  const output = at(shape, 0);
  if (next?.shape.length !== 2 || output !== 2 * at(next.shape, 1)) return null;
  const labels = found.first === 'gate' ? (['gate', 'up'] as const) : (['up', 'gate'] as const);
  return labels.map((label, index) => ({
    label,
    module: `${label}_proj` as const,
    outDims: [output],
    slice: { axis: 0, start: (index * output) / 2, end: ((index + 1) * output) / 2 },
  }));
}
