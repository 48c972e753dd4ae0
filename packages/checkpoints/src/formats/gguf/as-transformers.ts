import { UserError } from '@shadow-gate/platform';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import type { GgufContents } from '../full-checkpoint.ts';
import type { GgufArchitecture } from './architectures/architecture.ts';
import { architectureNamed } from './architectures/index.ts';
import { rulesOfArchitecture } from './architectures/rules.ts';
import { type GgufModel, namedEntry } from './model.ts';

interface AsTransformers extends Pick<GgufContents, 'notRun' | 'unread'> {
  readonly tensors: readonly TensorEntry[];
  readonly config: Record<string, unknown> | null;
}

/** Without a known architecture and known keys, tensors keep the names of the file, and `notRun` has the reason. */
export function asTransformers(model: GgufModel): AsTransformers {
  const { architecture } = model;
  const known = architectureNamed(architecture);
  if (known === null) return asStored(model, `general.architecture ${JSON.stringify(architecture)} is not supported`);
  try {
    const config = { ...known.config(model) };
    const { tensors: renamedOnes, unknown } = renameAll(model, known);
    const tensors = combined([...renamedOnes, ...(known.more?.(model) ?? [])], known, model);
    const unread = model.unread();
    const [key] = unread;
    const [tensor] = unknown;
    const problem =
      tensor !== undefined
        ? `tensor ${JSON.stringify(tensor)} is not known in a model of architecture ${architecture}`
        : key !== undefined
          ? `key ${JSON.stringify(key)} may change what is computed, and is not read`
          : null;
    return { tensors, config, notRun: problem, unread };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return asStored(model, error.problem);
  }
}

function asStored(model: GgufModel, notRun: string): AsTransformers {
  return {
    tensors: [...model.tensors.values()].map((tensor) => namedEntry(tensor, tensor.name)),
    config: null,
    notRun,
    // Including keys that were read: there is no config with them.
    unread: ['general.architecture', ...model.keys()],
  };
}

function combined(entries: readonly TensorEntry[], known: GgufArchitecture, model: GgufModel): TensorEntry[] {
  if (known.combine === undefined) return [...entries];
  const all = new Map(entries.map((entry) => [entry.name, entry]));
  // Two tensors of one name are refused later; combining would lose one.
  if (all.size < entries.length) return [...entries];
  known.combine(all, model);
  return [...all].map(([name, entry]) => ({ ...entry, name }));
}

const NAME = /^(?:blk\.(\d+)\.)?(.+?)(\.weight|\.bias)?$/;

function renameAll(model: GgufModel, known: GgufArchitecture) {
  const { list, ...rules } = rulesOfArchitecture(known);
  const unknown: string[] = [];
  const tensors = [...model.tensors.values()].flatMap((tensor) => {
    if (known.spare?.includes(tensor.name)) return [];
    const [, number, base = '', suffix = ''] = NAME.exec(tensor.name) ?? [];
    const layer = number === undefined ? null : Number(number);
    const rule = (layer === null ? rules.whole : rules.layer).get(base);
    if (rule === undefined) unknown.push(tensor.name);
    const entries = rule?.({ tensor, layer, suffix, model }) ?? [namedEntry(tensor, tensor.name)];
    if (rule === undefined || layer === null) return entries;
    return entries.map((entry) => ({ ...entry, name: `${list}.${layer}.${entry.name}` }));
  });
  return { tensors, unknown };
}
