// In a file of their own, so that users of `Graph` do not get the types of onnx-proto.

/** A number is an INT; a FLOAT is marked, since 1.0 is 1 in JavaScript. A graph is a GraphProto of onnx-proto. */
export type Attribute = number | readonly number[] | string | { readonly float: number } | { readonly graph: object };

export type ConstantType = 'float32' | 'float64' | 'int64' | 'int32' | 'uint32' | 'uint16' | 'uint8';
