import { at, given } from '@shadow-gate/platform';
import type { TwinKind, Wording } from '../item.ts';
import type { Random } from '../random.ts';
import type { Capability, PhrasingPair, ProbeFamily, ProbeLevel, TwinTemplate } from './family.ts';

type Phrase<F> = (fact: F, random: Random) => Wording;

/** Format twins, by name. */
export type Formats<F> = Readonly<Record<string, Phrase<F>>>;

export interface ProbeRecipe extends ProbeLevel {
  /** @param seen the prompts of earlier facts; those of the new one are added */
  drawPair(random: Random, template: string, seen: Set<string>): PhrasingPair;
}

const KINDS: Readonly<Record<string, TwinKind>> = { redrawn: 'fresh', cloze: 'open' };

/** More draws than any level needs for the facts that it is said to have. */
const MOST_DRAWS = 100_000;

/** A level that draws its facts one after another. A draw that fails gives undefined, and another one follows. */
export function recipe<F>({
  summary,
  supply,
  draw,
  redraw,
  exam,
  formats,
}: {
  readonly summary: string;
  readonly supply?: number;
  readonly draw: (random: Random) => F | undefined;
  /** Draws the fact of a fresh twin, which is written as the exam. */
  readonly redraw: (random: Random, fact: F) => F | undefined;
  readonly exam: (fact: F) => Wording;
  readonly formats: Formats<F>;
}): ProbeRecipe {
  const redrawn: Phrase<F> = (fact, random) => {
    for (;;) {
      const other = redraw(random, fact);
      if (other !== undefined) return exam(other);
    }
  };
  const phrases = new Map([['redrawn', redrawn], ...Object.entries(formats)]);
  return {
    summary,
    ...given({ supply }),
    twins: [...phrases.keys()].map((name): TwinTemplate => ({ name, kind: KINDS[name] ?? 'format' })),
    drawPair(random, template, seen) {
      const phrase = phrases.get(template);
      if (phrase === undefined) throw new Error(`unknown twin template ${template}`);
      for (let draws = 0; draws < MOST_DRAWS; draws += 1) {
        const fact = draw(random);
        if (fact === undefined) continue;
        const benchmark = exam(fact);
        if (seen.has(benchmark.prompt)) continue;
        const twin = phrase(fact, random);
        if (seen.has(twin.prompt) || twin.prompt === benchmark.prompt) continue;
        seen.add(benchmark.prompt).add(twin.prompt);
        return { benchmark: { template: 'exam', ...benchmark }, twin: { template, ...twin } };
      }
      throw new Error(`${summary}: no fact is left that was not drawn before`);
    },
  };
}

export function familyFrom(name: string, capability: Capability, levels: readonly ProbeRecipe[]): ProbeFamily {
  const draw: ProbeFamily['draw'] = (random, templates, level) => {
    const seen = new Set<string>();
    return templates.map((template) => at(levels, level - 1).drawPair(random, template, seen));
  };
  return { name, capability, levels, draw };
}
