import { UserError } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { type Architecture, describeArchitecture, UNKNOWN_ARCHITECTURE } from '../config/architecture.ts';
import type { Snapshot } from '../hub/snapshot.ts';
import type { WeightFormat } from '../hub/weight-formats.ts';
import { isMultimodalName } from '../naming/place.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import type { GgufMetadata } from './gguf/metadata.ts';
import type { WeightUse } from './onnx/weight-use.ts';

/** An opened checkpoint of full weights: its headers have been read, its data has not. */
export interface FullCheckpoint {
  readonly format: WeightFormat;
  /** That of the directory, or of the one file that is the model. */
  readonly path: string;
  /** The other files of the directory, or of the one file's directory. */
  readonly files: FolderFiles;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly architecture: Architecture;
  /** A vision-language model: its tensors have components. */
  readonly multimodal: boolean;
  /** config.json as read, or for GGUF as transformers would write it; null for a lone file or if that is not known. */
  readonly config: Record<string, unknown> | null;
  /** The tensors of an ONNX model, with their use in its graph; null for safetensors. */
  readonly onnx: readonly OnnxTensor[] | null;
  /** What else a GGUF file says; missing for the other formats. */
  readonly gguf?: GgufContents;
  /** For a checkpoint on a hub: its path is then a local folder, whose weights are holes until they are fetched. */
  readonly remote: Snapshot | null;
}

export interface GgufContents {
  /** Tokenizer, chat template and all else. */
  readonly metadata: GgufMetadata;
  /** Why the model cannot be run as the file has it; null if it can. */
  readonly notRun: string | null;
  /** Keys that may change what is computed, and that `config` does not have: a part of the identity. */
  readonly unread: readonly string[];
}

/** A tensor of an ONNX model, and its use in the graph. */
export interface OnnxTensor extends TensorEntry {
  /** Null for a tensor that is not a matrix of weights. */
  readonly use: WeightUse | null;
  /** The name in the file, if `name` is another one that was found for it. */
  readonly storedName: string | null;
  /** Why its elements cannot be mapped; null if they can. */
  readonly unmapped: string | null;
  /** The operator that takes it for the codes of quantized weights; null for most tensors. */
  readonly quantizedBy: string | null;
  /** It has two dimensions, and is no matrix: the biases of both directions of a recurrent layer. */
  readonly isBias: boolean;
}

/** Does a model have other towers than its language model, by its config or the names of its tensors? */
export function isMultimodal(config: Readonly<Record<string, unknown>> | null, names: readonly string[]): boolean {
  const hasTower = config !== null && ('vision_config' in config || 'audio_config' in config);
  return hasTower || names.some(isMultimodalName);
}

/** A local checkpoint of these tensors. @throws UserError for none */
export function fullCheckpoint({
  entries,
  ...opened
}: Pick<FullCheckpoint, 'format' | 'path' | 'files' | 'config'> & {
  readonly entries: readonly TensorEntry[];
}): FullCheckpoint {
  const { path, config } = opened;
  if (entries.length === 0) throw new UserError(`${path} contains no tensors`, 'save the checkpoint again');
  const byName = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = byName.map(({ name }) => name);
  return {
    ...opened,
    tensors: new Map(byName.map((entry) => [entry.name, entry])),
    architecture: config ? describeArchitecture(config) : UNKNOWN_ARCHITECTURE,
    multimodal: isMultimodal(config, names),
    onnx: null,
    remote: null,
  };
}
