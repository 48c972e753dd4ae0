import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import type { ComparedModel, SweptAnswers } from '../../../src/compare/sweep/best.ts';
import { fact } from '../probes/facts.ts';

/** One twin a fact: right (1) or wrong (0). */
export function answers(right: readonly number[]): SweptAnswers {
  const twin = right.map((own, i): PairedFact => fact(`f${i}`, '00', [own === 1 ? '01' : '00']));
  return { twin, benchmark: [] };
}

export const model = (name: string, own: SweptAnswers, verdict: ComparedModel['verdict'] = 'pass'): ComparedModel => ({
  name,
  verdict,
  answers: own,
});
