import {
  type Adapter,
  isStackedModule,
  type LoraModule,
  loraFactors,
  loraFeatures,
} from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import {
  attentionInput,
  type FusedLayout,
  fusedLayout,
  gatedMlpHalves,
  listMatrices,
  type MatrixContext,
  moduleByShape,
} from '@shadow-gate/checkpoints/matrices';
import {
  isMultimodalName,
  MLP_MODULES,
  type ModelKind,
  mtpLayers,
  type TensorPlace,
  tensorPlace,
  tokenEmbedding,
} from '@shadow-gate/checkpoints/naming';
import {
  isReadable,
  type MatrixView,
  outputPart,
  type TensorEntry,
  transposedView,
  wholeMatrix,
} from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import { type DoraWeight, doraUpdate } from './dora.ts';
import { expertUpdateTargets } from './expert-updates.ts';
import type { MatrixSource } from './load-matrix.ts';
import { type LoraUpdate, updateShape } from './lora-spectrum.ts';
import { matchNames } from './match-names.ts';
import { type Draft, differences, type SpectrumTarget, weightJob } from './target.ts';

/**
 * Plan the spectra of an adapter: the update of every module, and the weights that it saves whole.
 * @throws UserError for a module that the reference lacks, or for DoRA without a reference
 */
export function planAdapter(adapter: Adapter, reference: FullCheckpoint | null): Draft {
  const targets = adapter.modules.map(({ target }) => target);
  const tensors = reference?.tensors ?? new Map<string, TensorEntry>();
  const architecture = reference?.architecture ?? adapter.architecture;
  const model = {
    tensors,
    architecture,
    mtpLayers: mtpLayers({ tensors, architecture }),
    multimodal: reference?.multimodal ?? targets.some(isMultimodalName),
  };
  const nameInReference = matchNames(targets, tensors);
  const base = { model, reference, nameInReference };
  const updates = [
    ...adapter.modules
      .filter((module) => !isStackedModule(module))
      .flatMap((module) => loraJobs(adapter, module, base)),
    ...expertUpdateTargets(adapter.modules.filter(isStackedModule), { ...base, adapter }),
  ];
  const { saved, copies } = splitCopies(adapter);
  const { matrices, vectors, skipped } = listMatrices({ ...model, tensors: saved });
  const biases = [...adapter.tensors.values()].filter(({ name }) => name.endsWith('.lora_B.bias'));
  const whole = differences(matrices, reference);
  const copied = planCopies({ ...model, tensors: copies }, reference);
  return {
    jobs: [...matrices.map(weightJob), ...updates, ...whole.jobs, ...copied.jobs],
    // Only the spectrum of the factors' product is measured.
    vectors: [
      ...vectors,
      ...adapter.modules.flatMap(({ a, b, magnitude }) => (magnitude ? [a, b, magnitude] : [a, b])),
      ...biases,
      ...copied.vectors,
    ],
    skipped: [...copied.skipped, ...skipped, ...whole.skipped],
    mismatched: whole.mismatched,
  };
}

/** PEFT saves adapted embeddings and output layers with a copy of their base weight, and loads that over the base. */
function splitCopies({ modules, saved }: Adapter): Record<'saved' | 'copies', Map<string, TensorEntry>> {
  const adapted = new Set(modules.map(({ target }) => target));
  return {
    saved: new Map([...saved].filter(([name]) => !adapted.has(name))),
    copies: new Map([...saved].filter(([name]) => adapted.has(name))),
  };
}

/** The copies are compared with the base model under names of their own; they should not differ. */
function planCopies(model: MatrixContext, reference: FullCheckpoint | null) {
  const tied = [...model.tensors.keys()].filter((name) => reference && isTiedHead(name, reference));
  const planned = [
    planGroup({ ...model, tensors: without(model.tensors, tied) }, reference),
    ...(reference && tied.length > 0 ? [planGroup(...asHeads(model, reference, tied))] : []),
  ];
  return {
    jobs: planned.flatMap(({ jobs }) => jobs.map((job): SpectrumTarget => ({ ...job, name: nameOfCopy(job.name) }))),
    vectors: [...model.tensors.values()].map((entry) => ({ ...entry, name: nameOfCopy(entry.name) })),
    skipped: planned.flatMap(({ skipped }) =>
      skipped.map(({ name }) => ({
        name: nameOfCopy(name),
        reason: 'the base weight of an adapted module, saved with the adapter',
        parameters: 0,
      })),
    ),
  };
}

const nameOfCopy = (name: string) => name.replace(/\.weight$/, '.base_layer.weight');

function planGroup(model: MatrixContext, reference: FullCheckpoint | null) {
  const { matrices, skipped } = listMatrices(model);
  const compared = differences(matrices, reference);
  return { jobs: compared.jobs, skipped: [...(reference ? compared.skipped : matrices), ...skipped] };
}

function without(tensors: MatrixContext['tensors'], names: readonly string[]): Map<string, TensorEntry> {
  return new Map([...tensors].filter(([name]) => !names.includes(name)));
}

/** Copies of tied output layers, and their embeddings under the same names. */
function asHeads(
  model: MatrixContext,
  reference: FullCheckpoint,
  names: readonly string[],
): [MatrixContext, FullCheckpoint] {
  const architecture = { ...reference.architecture, tied: false };
  const embedding = tokenEmbedding(reference.tensors.values());
  const heads = new Map(embedding ? names.map((name) => [name, { ...embedding, name }]) : []);
  const copies = new Map([...model.tensors].filter(([name]) => names.includes(name)));
  return [
    { ...model, tensors: copies, architecture },
    { ...reference, tensors: heads, architecture },
  ];
}

interface Base {
  readonly model: MatrixContext & ModelKind;
  readonly reference: FullCheckpoint | null;
  /** Adapters use the names in memory, which can differ from those in the file. */
  readonly nameInReference: (target: string) => string;
}

/** The place of an adapted weight. If the name is ambiguous, the shape decides, as for the weight itself. */
function placeLike(target: string, { model, nameInReference }: Base): TensorPlace {
  const place = tensorPlace(target, model);
  const stored = model.tensors.get(nameInReference(target));
  if (!stored || !MLP_MODULES.includes(place.module)) return place;
  return { ...place, module: moduleByShape(stored, model.tensors, model.architecture.hiddenSize) ?? place.module };
}

function layoutLike(module: LoraModule, { model, nameInReference }: Base): FusedLayout | null {
  const name = nameInReference(module.target);
  const stored = model.tensors.get(name);
  const halves = stored ? gatedMlpHalves(stored, model.tensors) : null;
  if (halves) return { parts: halves };
  const { architecture } = model;
  return fusedLayout(module.target, {
    ...loraFeatures(module),
    architecture,
    attentionInput: attentionInput(name, model),
  });
}

function loraJobs(adapter: Adapter, module: LoraModule, known: Base): SpectrumTarget[] {
  const { reference } = known;
  const place = placeLike(module.target, known);
  const { input } = loraFeatures(module);
  const wholeB = loraFactors(module).b;
  const base = reference ? baseMatrix(adapter, { module, b: wholeB, base: null }, { ...known, reference }) : null;
  const layout = layoutLike(module, known);
  const dora = doraWeight(adapter, module, base);
  const targetOf = (
    description: { readonly name: string; readonly place: TensorPlace; readonly note?: string },
    b: MatrixView,
    cut: (base: MatrixSource) => MatrixView,
  ): SpectrumTarget => {
    const update: LoraUpdate = { module, b, base: base && { source: base.source, view: cut(base) } };
    const common = { of: 'delta', ...description, shape: updateShape(update) } as const;
    return dora
      ? { kind: 'dora', ...common, matrix: doraMatrix(dora, cut(dora.base)), dora }
      : { kind: 'lora', ...common, update };
  };
  if (!layout) return [targetOf({ name: module.target, place }, wholeB, ({ view }) => view)];
  if ('unknown' in layout) {
    const note = `fused and not split: ${layout.unknown}`;
    const whole = { name: module.target, place: { ...place, module: 'other' as const }, note };
    return [targetOf(whole, wholeB, ({ view }) => view)];
  }
  return layout.parts.map((part) =>
    targetOf(
      { name: `${module.target}[${part.label}]`, place: { ...place, module: part.module } },
      module.inputFirst
        ? transposedView(outputPart(part, module.rank, 'columns'))
        : outputPart(part, module.rank, 'rows'),
      () => outputPart(part, input, module.transposed ? 'columns' : 'rows'),
    ),
  );
}

/** The weight that a DoRA module changes; null for plain LoRA. @throws UserError without a base model */
function doraWeight(adapter: Adapter, module: LoraModule, base: MatrixSource | null): DoraWeight | null {
  const { magnitude, target } = module;
  if (magnitude === null) return null;
  if (base !== null) return { module, magnitude, base };
  throw new UserError(
    `${adapter.path}: module ${JSON.stringify(target)} uses DoRA, whose update depends on the weights of the base model`,
    'give the base model as reference, or merge the adapter and check the merged model',
  );
}

/** Does the reference tie this output layer to its embeddings? */
function isTiedHead(target: string, { architecture }: FullCheckpoint): boolean {
  return architecture.tied && tensorPlace(target, { multimodal: false }).module === 'lm_head';
}

function doraMatrix(dora: DoraWeight, view: MatrixSource['view']): MatrixSource {
  return { source: dora.base.source, view, compute: (graph) => doraUpdate(graph, dora) };
}

/** The adapted weight in the base model. @throws UserError if it is missing or has another shape than the update */
function baseMatrix(
  adapter: Adapter,
  update: LoraUpdate,
  { reference, nameInReference }: { readonly reference: FullCheckpoint } & Pick<Base, 'nameInReference'>,
): MatrixSource {
  const { target } = update.module;
  const stored = reference.tensors.get(nameInReference(target));
  const source = stored ?? (isTiedHead(target, reference) ? tokenEmbedding(reference.tensors.values()) : null);
  if (!source || !isReadable(source)) {
    throw new UserError(
      `${adapter.path}: module ${JSON.stringify(target)} is ${source ? `${source.dtype} in` : 'not in'} the reference ${reference.path}`,
      'use the base model that the adapter was trained on; if its file has other names than transformers has in memory, merge the adapter',
    );
  }
  const view = wholeMatrix(source.shape);
  const shape = updateShape(update);
  if (view.shape.join() !== shape.join()) {
    throw new UserError(
      `${adapter.path}: module ${JSON.stringify(target)} updates a weight of shape [${shape.join(', ')}], the reference has [${view.shape.join(', ')}]`,
      'use the base model that the adapter was trained on, and check fan_in_fan_out',
    );
  }
  return { source, view };
}
