import { float32Output, int64Output, type Session, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import { outputSize } from '../../architectures/decoder.ts';
import { LOGIT_FACTORS, MOST_PREDICTED, type OnWork } from '../../engine.ts';
import { buildHeadSlice, HEAD, type HeadSlice } from '../../graph/head.ts';
import {
  type HeadTarget,
  headFeeds,
  rowsAsking,
  scaledLogprobs,
  type TargetScores,
  tokenPredictions,
} from '../head-session.ts';
import { type LayeredDecoder, withSession } from './layer-pass.ts';
import { readAhead } from './read-ahead.ts';

/** Rows of hidden states that go through the output matrix together: [rows, hidden] each. */
export type HiddenBlocks = AsyncIterable<{ readonly hidden: Float32Array; readonly rows: number }>;

/** The output matrix in slices of the vocabulary, one after the other. */
export class SlicedHead {
  readonly #model: LayeredDecoder;
  readonly #slices: readonly HeadSlice[];

  /** @param size tokens per slice */
  constructor(model: LayeredDecoder, size: number) {
    this.#model = model;
    const { vocabulary } = model.decoder;
    const count = Math.ceil(vocabulary / size);
    const each = Math.ceil(vocabulary / count);
    this.#slices = Array.from({ length: count }, (_, i) => ({
      start: i * each,
      end: Math.min(vocabulary, (i + 1) * each),
    }));
  }

  /** The graph of the first slice, to read ahead. */
  first() {
    return this.#graph(at(this.#slices, 0));
  }

  whole() {
    return this.#graph({ start: 0, end: this.#model.decoder.vocabulary });
  }

  /**
   * Log-probabilities of targets, and the most likely token of each row.
   * @param blocks read once for each slice @param targets with rows counted through all blocks
   */
  async score(
    blocks: () => HiddenBlocks,
    rows: number,
    targets: readonly HeadTarget[],
    onWork?: OnWork,
  ): Promise<TargetScores & { readonly totals: Float64Array }> {
    const order = [...targets.keys()].sort((a, b) => at(targets, a).row - at(targets, b).row);
    const chosen = new Float32Array(targets.length);
    const best = Array<number>(rows).fill(0);
    const most = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
    const sums = Array.from({ length: rows }, () => NOTHING);
    const rowsToScale = rowsAsking(targets, 'isScaled');
    const scaledSums = rowsToScale.map(() => LOGIT_FACTORS.map(() => NOTHING));
    const rowsToPredict = rowsAsking(targets, 'isPredicted');
    const mosts = rowsToPredict.map((): LikelyToken[] => []);
    await this.#eachSlice(async (session, { start, end }, index) => {
      let first = 0;
      let next = 0;
      let place = 0;
      let predicted = 0;
      for await (const { hidden, rows: count } of blocks()) {
        const own: { readonly target: HeadTarget; readonly index: number }[] = [];
        for (; next < order.length; next += 1) {
          const index = at(order, next);
          const target = at(targets, index);
          if (target.row >= first + count) break;
          if (target.token >= start && target.token < end) own.push({ target, index });
        }
        const wanted = rowsToScale.slice(place).filter((row) => row < first + count);
        const expected = rowsToPredict.slice(predicted).filter((row) => row < first + count);
        const here = own.map(({ target: { row, token } }) => ({ row: row - first, token: token - start }));
        const local = (rows: readonly number[]) => rows.map((row) => row - first);
        const states = tensor.float32(hidden, [count, outputSize(this.#model.decoder)]);
        const feeds = headFeeds(states, here, { scaled: local(wanted), predicted: local(expected) });
        const outputs = await session.run(feeds, [
          ...[HEAD.chosen, HEAD.total, HEAD.most, HEAD.best],
          ...(wanted.length > 0 ? [HEAD.scaledTotals] : []),
          ...(expected.length > 0 ? [HEAD.predicted, HEAD.predictedLogits] : []),
        ]);
        const logits = float32Output(outputs, HEAD.chosen);
        for (const [i, { index: place }] of own.entries()) chosen[place] = at(logits, i);
        const [totals, largest] = [float32Output(outputs, HEAD.total), float32Output(outputs, HEAD.most)];
        for (const [i, token] of int64Output(outputs, HEAD.best).entries()) {
          const row = first + i;
          sums[row] = addLog(at(sums, row), at(totals, i));
          // The first of equally likely tokens.
          if (at(largest, i) > at(most, row)) {
            most[row] = at(largest, i);
            best[row] = start + token;
          }
        }
        if (wanted.length > 0) {
          const scaled = float32Output(outputs, HEAD.scaledTotals);
          for (const [p, sums] of scaledSums.slice(place, place + wanted.length).entries()) {
            for (const [f, sum] of sums.entries()) sums[f] = addLog(sum, at(scaled, p * LOGIT_FACTORS.length + f));
          }
          place += wanted.length;
        }
        if (expected.length > 0) {
          const part = {
            tokens: int64Output(outputs, HEAD.predicted),
            logits: float32Output(outputs, HEAD.predictedLogits),
          };
          const width = part.tokens.length / expected.length;
          for (const i of expected.keys()) {
            const own = Array.from({ length: width }, (_, j) => ({
              token: start + at(part.tokens, i * width + j),
              logit: at(part.logits, i * width + j),
            }));
            // Equally likely tokens stay in the order of the slices.
            const sorted = [...at(mosts, predicted + i), ...own].toSorted((a, b) => b.logit - a.logit);
            mosts[predicted + i] = sorted.slice(0, MOST_PREDICTED);
          }
          predicted += expected.length;
        }
        first += count;
        onWork?.((index + first / rows) / this.#slices.length);
      }
    });
    const totals = Float64Array.from(sums, logOf);
    const logprobs = Float32Array.from(targets, ({ row }, i) => at(chosen, i) - at(totals, row));
    const scaled = Float64Array.from(scaledSums.flat(), logOf);
    const mostLikely = {
      tokens: mosts.flatMap((own) => own.map(({ token }) => token)),
      logits: Float32Array.from(mosts.flatMap((own) => own.map(({ logit }) => logit))),
    };
    return {
      ...{ logprobs, best, totals },
      scaled: scaledLogprobs(targets, logprobs, { totals, scaled }),
      predictions: tokenPredictions(targets, totals, mostLikely),
    };
  }

  /** All logits: [rows, vocabulary]. */
  async logits(hidden: Float32Array, rows: number): Promise<Float32Array> {
    const { vocabulary } = this.#model.decoder;
    const states = tensor.float32(hidden, [rows, outputSize(this.#model.decoder)]);
    const feeds = headFeeds(states, [], { scaled: [], predicted: [] });
    const all = new Float32Array(rows * vocabulary);
    await this.#eachSlice(async (session, { start, end }) => {
      const part = float32Output(await session.run(feeds, [HEAD.logits]), HEAD.logits);
      const size = end - start;
      for (let row = 0; row < rows; row += 1) {
        all.set(part.subarray(row * size, (row + 1) * size), row * vocabulary + start);
      }
    });
    return all;
  }

  async #eachSlice(work: (session: Session, slice: HeadSlice, index: number) => Promise<void>): Promise<void> {
    let reading = Promise.resolve();
    for (const [i, slice] of this.#slices.entries()) {
      await reading;
      await withSession(this.#model, this.#graph(slice), async (session) => {
        const after = this.#slices[i + 1];
        if (after) reading = readAhead(this.#graph(after).files);
        await work(session, slice, i);
      });
    }
  }

  #graph(slice: HeadSlice) {
    return buildHeadSlice(this.#model.decoder, this.#model.weights, slice);
  }
}

interface LikelyToken {
  readonly token: number;
  readonly logit: number;
}

/** A sum of exponentials, relative to the largest of them. */
interface LogSum {
  readonly most: number;
  readonly sum: number;
}

const NOTHING: LogSum = { most: Number.NEGATIVE_INFINITY, sum: 0 };

const logOf = ({ most, sum }: LogSum): number => most + Math.log(sum);

function addLog({ most, sum }: LogSum, value: number): LogSum {
  if (Number.isNaN(value)) return { most: Number.NaN, sum: Number.NaN };
  if (value <= most) return { most, sum: sum + Math.exp(value - most) };
  return { most: value, sum: sum * Math.exp(most - value) + 1 };
}
