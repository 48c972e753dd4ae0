import onnxProto from 'onnx-proto';
import { ElementType } from './element-type.ts';
import type { Attribute } from './graph-values.ts';

const { onnx } = onnxProto;

export interface InnerValue {
  readonly name: string;
  /** onnx.proto, TypeProto. */
  readonly type: object;
}

export const FLOAT_TENSOR = { tensorType: { elemType: ElementType.float32 } };
export const FLOAT_SEQUENCE = { sequenceType: { elemType: FLOAT_TENSOR } };
export const INT64 = { tensorType: { elemType: ElementType.int64, shape: { dim: [] } } };
export const BOOL = { tensorType: { elemType: ElementType.bool, shape: { dim: [] } } };

interface InnerGraph {
  readonly nodes: InstanceType<typeof onnx.NodeProto>[];
  readonly inputs: readonly InnerValue[];
  readonly outputs: readonly InnerValue[];
}

export function innerGraph({ nodes, inputs, outputs }: InnerGraph): Attribute {
  const infos = (values: readonly InnerValue[]) => values.map((value) => new onnx.ValueInfoProto({ ...value }));
  return { graph: new onnx.GraphProto({ name: 'inner', node: nodes, input: infos(inputs), output: infos(outputs) }) };
}
