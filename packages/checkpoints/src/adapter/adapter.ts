import { at } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import type { Architecture } from '../config/architecture.ts';
import type { Snapshot } from '../hub/snapshot.ts';
import { type MatrixView, transposedView, wholeMatrix } from '../tensors/matrix-view.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';

/**
 * LoRA adapters as PEFT saves them (adapter_config.json, adapter_model.safetensors), or mlx-lm (adapters.safetensors).
 * Hu et al. 2021, arXiv 2106.09685: ΔW = scale·B·A; rsLoRA: Kalajdzievski 2023, arXiv 2312.03732.
 */
export interface Adapter {
  readonly format: 'lora';
  readonly path: string;
  readonly files: FolderFiles;
  readonly modules: readonly LoraModule[];
  /** Weights saved whole with the adapter (`modules_to_save`), under the base model's names. */
  readonly saved: ReadonlyMap<string, TensorEntry>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly config: Record<string, unknown>;
  /** The base model's if the adapter's config names a local folder; otherwise unknown. */
  readonly architecture: Architecture;
  readonly remote: Snapshot | null;
}

/**
 * One adapted module: ΔW = scale·B·A with A [r, in] and B [out, r], read by `loraFactors`. With a magnitude m [out]
 * (DoRA, Liu et al. 2024, arXiv 2402.09353) the weight is m·(W + scale·B·A) ÷ ‖W + scale·B·A‖ for each output feature,
 * so the update depends on W and its rank is not low.
 */
export interface LoraModule {
  /** Name of the base weight that it changes; for a parameter of all experts, its name in memory. */
  readonly target: string;
  readonly a: TensorEntry;
  readonly b: TensorEntry;
  /** A trained bias of B [out]: the layer's output grows by scale times it. Not part of ΔW. */
  readonly bias?: TensorEntry;
  /** A is stored [in, r] and B [r, out], as MLX does. */
  readonly inputFirst?: boolean;
  /** The parts of both tensors that hold one expert's A [r, in] and B [out, r]. */
  readonly views?: LoraFactors;
  /** The rank of one expert, if `experts` is set. */
  readonly rank: number;
  readonly scale: number;
  /** Experts with their own factors: A is [experts · r, in], expert by expert, B [out, r · experts], rank by rank. */
  readonly experts?: number;
  /** The base weight is stored [in, out] (GPT-2's Conv1D, and embeddings): so is ΔW. */
  readonly transposed: boolean;
  /** Null for plain LoRA. */
  readonly magnitude: TensorEntry | null;
}

interface LoraFactors {
  readonly a: MatrixView;
  readonly b: MatrixView;
}

export interface AdapterContents extends Pick<Adapter, 'modules' | 'saved' | 'tensors'> {
  readonly base: string | null;
}

export function loraFactors({ a, b, inputFirst, views }: LoraModule): LoraFactors {
  if (views) return views;
  const read = (shape: readonly number[]) => (inputFirst ? transposedView(wholeMatrix(shape)) : wholeMatrix(shape));
  return { a: read(a.shape), b: read(b.shape) };
}

export function loraFeatures(module: LoraModule): { readonly input: number; readonly output: number } {
  const { a, b } = loraFactors(module);
  return { input: at(a.shape, 1), output: at(b.shape, 0) };
}
