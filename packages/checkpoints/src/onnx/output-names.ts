import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

type Node = InstanceType<typeof onnx.NodeProto>;

/** Let nodes write into the caller's tensors. Values that no node computes or inner graphs take are copied. */
export function withOutputNames(
  nodes: readonly Node[],
  outputs: readonly { readonly name: string; readonly value: string }[],
  takenInside: ReadonlySet<string>,
): Node[] {
  const computed = new Set(nodes.flatMap(({ output }) => output ?? []));
  const names = new Map<string, string>();
  const copies: Node[] = [];
  for (const { name, value } of outputs) {
    if (computed.has(value) && !names.has(value) && !takenInside.has(value)) names.set(value, name);
    else copies.push(new onnx.NodeProto({ name, opType: 'Identity', input: [value], output: [name] }));
  }
  const rename = (value: string) => names.get(value) ?? value;
  return [...nodes, ...copies].map(
    (node) =>
      new onnx.NodeProto({ ...node, input: node.input?.map(rename) ?? [], output: node.output?.map(rename) ?? [] }),
  );
}
