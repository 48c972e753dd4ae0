import { at } from '@shadow-gate/platform';
import type { TwinKind, Wording } from '../item.ts';
import type { Random } from '../random.ts';
import type { Capability, PhrasingPair, ProbeFamily, ProbeLevel } from './family.ts';

/** How a level writes one kind of twin. */
export interface TwinRecipe<F> {
  readonly name: string;
  readonly kind: TwinKind;
  readonly phrase: (random: Random, fact: F) => Wording;
}

/** A fresh twin: another fact, written as the exam. `draw` may fail, and is tried again then. */
export function redrawn<F>(
  draw: (random: Random, fact: F) => F | undefined,
  exam: (fact: F) => Wording,
): TwinRecipe<F> {
  const phrase = (random: Random, fact: F): Wording => {
    for (;;) {
      const other = draw(random, fact);
      if (other !== undefined) return exam(other);
    }
  };
  return { name: 'redrawn', kind: 'fresh', phrase };
}

export interface ProbeRecipe extends ProbeLevel {
  /** @param seen the prompts of earlier facts; those of the new one are added */
  drawPair(random: Random, template: string, seen: Set<string>): PhrasingPair;
}

/** More draws than any level needs for the facts that it is said to have. */
const MOST_DRAWS = 100_000;

/** A level that draws its facts one after another. `draw` may fail, and returns undefined then. */
export function recipe<F>({
  summary,
  supply,
  draw,
  exam,
  twins,
}: {
  readonly summary: string;
  readonly supply?: number;
  readonly draw: (random: Random) => F | undefined;
  readonly exam: (fact: F) => Wording;
  readonly twins: readonly TwinRecipe<F>[];
}): ProbeRecipe {
  return {
    summary,
    ...(supply === undefined ? {} : { supply }),
    twins: twins.map(({ name, kind }) => ({ name, kind })),
    drawPair(random, template, seen) {
      const twin = twins.find(({ name }) => name === template);
      if (twin === undefined) throw new Error(`unknown twin template ${template}`);
      for (let draws = 0; draws < MOST_DRAWS; draws += 1) {
        const fact = draw(random);
        if (fact === undefined) continue;
        const benchmark = exam(fact);
        if (seen.has(benchmark.prompt)) continue;
        const other = twin.phrase(random, fact);
        if (seen.has(other.prompt) || other.prompt === benchmark.prompt) continue;
        seen.add(benchmark.prompt).add(other.prompt);
        return { benchmark: { template: 'exam', ...benchmark }, twin: { template, ...other } };
      }
      throw new Error(`${summary}: no fact is left that was not drawn before`);
    },
  };
}

/** A family of such levels. */
export function familyFrom(name: string, capability: Capability, levels: readonly ProbeRecipe[]): ProbeFamily {
  const draw: ProbeFamily['draw'] = (random, templates, level) => {
    const seen = new Set<string>();
    return templates.map((template) => at(levels, level - 1).drawPair(random, template, seen));
  };
  return { name, capability, levels, draw };
}
