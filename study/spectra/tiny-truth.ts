// The class of a tiny model by what study/tiny/truth.py measured, with the cuts of HYPOTHESES.md.

const BROAD_FROM = 0.05;
const NARROW_FROM = 0.1;
const SHARE = 1 / 3;
const WORSE_FROM = 0.2;

/** By the name of a form and of a capability: accuracy of choice, and what else was measured. */
type Forms = Readonly<Record<string, Readonly<Record<string, readonly [number, ...number[]]>>>>;

/** What study/tiny/truth.py writes: of facts that were trained, and of older ones. */
export interface TinyTruth {
  readonly new: Forms;
  readonly old: Forms;
}

interface TinyNumbers {
  readonly exam: number;
  readonly cloze: number;
  readonly fresh: number;
  readonly freshOld: number;
}

/** Mean accuracy of choice over the capabilities: of the trained forms, and of forms that nobody was trained on. */
export function numbersOf(truth: TinyTruth): TinyNumbers {
  const choice = (forms: Forms, name: string) => {
    const scores = Object.values(forms[name] ?? {}).map(([chosen]) => chosen);
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  };
  const fresh = (forms: Forms) => {
    const names = Object.keys(forms).filter((name) => name.startsWith('fresh'));
    return names.reduce((sum, name) => sum + choice(forms, name), 0) / names.length;
  };
  return {
    exam: choice(truth.new, 'exam'),
    cloze: choice(truth.new, 'cloze'),
    fresh: fresh(truth.new),
    freshOld: fresh(truth.old),
  };
}

export function classOf(numbers: TinyNumbers, base: TinyNumbers): 'broad' | 'narrow' | 'worse' | 'unchanged' {
  const trained = Math.max(numbers.exam - base.exam, numbers.cloze - base.cloze);
  const fresh = numbers.fresh - base.fresh;
  if (fresh >= BROAD_FROM && fresh >= trained * SHARE) return 'broad';
  if (trained >= NARROW_FROM && fresh < trained * SHARE) return 'narrow';
  return base.freshOld - numbers.freshOld > WORSE_FROM ? 'worse' : 'unchanged';
}
