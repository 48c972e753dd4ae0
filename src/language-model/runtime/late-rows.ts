import { type Tensor, tensor } from '../../onnx/session.ts';
import { at } from '../../platform/at.ts';
import { LATE } from '../graph/backbone-names.ts';
import type { ForwardBatch } from './batches.ts';

/**
 * The inputs that say which slots go through the late layers (see `layersBeforeLate`): those whose hidden state is returned, as many for
 * each sequence as the one with most has. The others are filled up with its first slot, and what comes of that is not returned.
 */
export function lateFeeds({ batch, length, rows, mask }: ForwardBatch): Record<string, Tensor> {
  const bySequence = Array.from({ length: batch }, (): number[] => []);
  const places = rows.map((row) => {
    const sequence = Math.floor(row / length);
    return { sequence, place: at(bySequence, sequence).push(row) - 1 };
  });
  const most = Math.max(1, ...bySequence.map((own) => own.length));
  const slots = bySequence.flatMap((own, b) => Array.from({ length: most }, (_, i) => own[i] ?? b * length));
  const masks = mask.isShared ? slots.map((slot) => slot % length) : slots;
  return {
    [LATE.slots]: tensor.int64(slots, [batch, most]),
    [LATE.masks]: tensor.int64(masks, [batch, most]),
    [LATE.rows]: tensor.int64(
      places.map(({ sequence, place }) => sequence * most + place),
      [rows.length],
    ),
  };
}
