import type { SequenceScore } from '../engine.ts';
import type { HeadRunner } from './head-session.ts';

/** A row of hidden states, the token that is asked for, and whose answer that is. */
export interface RowQuestion {
  readonly row: number;
  readonly token: number;
  readonly sequence: number;
  readonly place: number;
}

interface Waiting {
  readonly hidden: Float32Array;
  readonly rows: number;
  readonly questions: readonly RowQuestion[];
}

/**
 * Hidden states wait here until there are enough for the output matrix, which is as large for one row as for hundreds,
 * and never more than its logits have room for.
 */
export class HeadQueue {
  readonly #head: HeadRunner;
  readonly #rows: number;
  readonly #answers: { logprob: number; greedy: boolean }[][] = [];
  #waiting: Waiting[] = [];
  #count = 0;

  /** @param rows how many go through together */
  constructor(head: HeadRunner, rows: number) {
    this.#head = head;
    this.#rows = rows;
  }

  /** @param hidden [rows, hidden] of the rows that the questions are about */
  async add(hidden: Float32Array, questions: readonly RowQuestion[]): Promise<void> {
    const rows = hidden.length / this.#head.hidden;
    this.#waiting.push({ hidden, rows, questions });
    this.#count += rows;
    if (this.#count >= this.#rows) await this.#flush();
  }

  /** @param lengths number of tokens asked for, of each sequence */
  async finish(lengths: readonly number[]): Promise<SequenceScore[]> {
    await this.#flush();
    return lengths.map((length, sequence) => {
      const answers = this.#answers[sequence] ?? [];
      if (answers.length !== length) throw new Error(`sequence ${sequence} has ${answers.length} answers of ${length}`);
      return {
        tokenLogprobs: answers.map(({ logprob }) => logprob),
        greedy: answers.every(({ greedy }) => greedy),
      };
    });
  }

  async #flush(): Promise<void> {
    const { hidden: width } = this.#head;
    const all = new Float32Array(this.#count * width);
    const questions: RowQuestion[] = [];
    let row = 0;
    for (const waiting of this.#waiting) {
      all.set(waiting.hidden, row * width);
      for (const question of waiting.questions) questions.push({ ...question, row: question.row + row });
      row += waiting.rows;
    }
    questions.sort((a, b) => a.row - b.row);
    this.#waiting = [];
    this.#count = 0;
    let next = 0;
    for (let start = 0; start < row; start += this.#rows) {
      const end = Math.min(row, start + this.#rows);
      const asked: RowQuestion[] = [];
      while (next < questions.length && (questions[next] as RowQuestion).row < end) {
        asked.push(questions[next] as RowQuestion);
        next += 1;
      }
      await this.#answer(all.subarray(start * width, end * width), asked, start);
    }
  }

  async #answer(hidden: Float32Array, asked: readonly RowQuestion[], start: number): Promise<void> {
    const scores = await this.#head.score(
      this.#head.rows(hidden),
      asked.map(({ row, token }) => ({ row: row - start, token })),
    );
    for (const [i, { row, token, sequence, place }] of asked.entries()) {
      const answers = this.#answers[sequence] ?? [];
      this.#answers[sequence] = answers;
      answers[place] = { logprob: scores.logprobs[i] as number, greedy: scores.best[row - start] === token };
    }
  }
}
