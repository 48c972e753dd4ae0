import { parse } from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

/** An initializer whose elements are in a file. @param dataType of onnx.proto */
export function externalTensor(
  name: string,
  dataType: number,
  dims: readonly number[],
  { location, offset, byteLength }: { readonly location: string; readonly offset: number; readonly byteLength: number },
): InstanceType<typeof onnx.TensorProto> {
  return new onnx.TensorProto({
    name,
    dataType,
    dims: [...dims],
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: location },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(byteLength) },
    ],
  });
}

/** Where a file is below `externalDataFolder`. @param file absolute */
export function externalLocation(file: string): string {
  return file.slice(externalDataFolder(file).length);
}

/** The root: locations of external data are relative to it, since checkpoints can be anywhere. */
export function externalDataFolder(file: string): string {
  return parse(file).root;
}
