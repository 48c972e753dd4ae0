import { UserError } from '@shadow-gate/platform';
import { planView } from '../../tensors/layout.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import { checkName } from '../../tensors/tensor-name.ts';
import { bytesOfStorage, torchDtype } from './torch-dtypes.ts';
import type { TorchFile } from './torch-file.ts';
import type { StridedTensor } from './values.ts';

/** @throws UserError if the elements of a tensor overlap, or are not rows and columns of a larger tensor */
export function ofView(
  { file, state, offsetOf }: Pick<TorchFile, 'file' | 'state' | 'offsetOf'>,
  name: string,
  { storage, dtype, offset, shape, strides }: StridedTensor,
): TensorEntry {
  checkName(file, name);
  const type = torchDtype(dtype);
  const count = Math.floor(bytesOfStorage(storage) / type.bytes);
  const plan = planView({ start: offset, shape, strides, count });
  if (plan === null) {
    throw new UserError(
      `${file}: tensor ${JSON.stringify(name)} [${shape.join(', ')}] has the strides [${strides.join(', ')}], which repeat or mix its elements`,
      'save it with contiguous() or clone()',
    );
  }
  const { first, elements, view } = plan;
  const size = shape.reduce((product, length) => product * length, 1);
  const place = { file, offset: offsetOf(storage) + first * type.bytes, state };
  const tensor = { name, dtype: type.name, shape, size, byteLength: size * type.bytes, ...place };
  if (view === null) return tensor;
  const stored = { ...tensor, shape: [elements], size: elements, byteLength: elements * type.bytes };
  return { ...tensor, layout: { kind: 'view', stored, ...view } };
}
