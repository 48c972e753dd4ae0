import { at } from '../../platform/at.ts';
import type { RecurrentOperator, RecurrentUse } from '../formats/onnx/weight-use.ts';
import { inBlock, type MatrixView, outputPart, wholeMatrix } from '../tensors/matrix-view.ts';
import type { Matrix } from './matrix.ts';

/** The gates in the order of ONNX (https://onnx.ai/onnx/operators/onnx__LSTM.html, …__GRU.html). An RNN has none. */
const GATES: Readonly<Record<RecurrentOperator, readonly string[]>> = {
  LSTM: ['input gate', 'output gate', 'forget gate', 'cell gate'],
  GRU: ['update gate', 'reset gate', 'hidden gate'],
  RNN: [],
};

/**
 * The matrices of a recurrent layer: one for each direction and gate. Where the graph reorders the gates of the stored
 * tensor, they are numbered as they are stored.
 * @param whole the stored tensor: [directions, gates · hidden, in], or [gates · hidden, in] before its axis is added
 * @returns null if its shape is not that of a recurrent layer
 */
export function splitRecurrent(whole: Matrix, shape: readonly number[], use: RecurrentUse): Matrix[] | null {
  if (shape.length > 3) return null;
  const directions = shape.length === 3 ? at(shape, 0) : 1;
  if (directions > 2) return null;
  const [rows, input] = [at(shape, shape.length - 2), at(shape, shape.length - 1)];
  const gates = GATES[use.opType];
  const hidden = use.hidden ?? rows / gates.length;
  const hasGates = gates.length > 0 && Number.isInteger(hidden) && rows === gates.length * hidden;
  return Array.from({ length: directions }, (_, direction) => direction).flatMap((direction) => {
    const name = directions === 1 ? whole.name : `${whole.name}[${direction === 0 ? 'forward' : 'backward'}]`;
    const place = (view: MatrixView) => (shape.length === 3 ? inBlock(view, direction, directions) : view);
    if (!hasGates) return [{ ...whole, name, view: place(wholeMatrix([rows, input])) }];
    return gates.map((gate, index): Matrix => {
      const slice = { axis: 0, start: index, end: index + 1 };
      const view = outputPart({ outDims: [gates.length, hidden], slice }, input, 'rows');
      return { ...whole, name: `${name}[${use.isReordered ? `gate ${index + 1}` : gate}]`, view: place(view) };
    });
  });
}
