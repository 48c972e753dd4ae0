import { UNKNOWN_ARCHITECTURE } from '@shadow-gate/checkpoints/config';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { FolderFiles } from '@shadow-gate/platform/files';

/** A checkpoint that is nothing but its config, and tensors of these names and shapes. */
export function checkpointOf(
  config: Record<string, unknown> | null,
  tensors: Readonly<Record<string, readonly number[]>> = {},
): FullCheckpoint {
  const entries = Object.entries(tensors).map(([name, shape]): [string, TensorEntry] => {
    const size = shape.reduce((product, length) => product * length, 1);
    return [
      name,
      { name, dtype: 'F32', shape: [...shape], size, file: '/m/model.safetensors', offset: 0, byteLength: 4 * size },
    ];
  });
  return {
    format: 'safetensors',
    path: '/m',
    files: new FolderFiles('/m'),
    tensors: new Map(entries),
    architecture: UNKNOWN_ARCHITECTURE,
    multimodal: false,
    config,
    onnx: null,
    remote: null,
  };
}
