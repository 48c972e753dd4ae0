import { at } from '@shadow-gate/platform';
import type { Phrasing, PhrasingPair, ProbeFamily } from '../../src/families/family.ts';
import { Random } from '../../src/random.ts';

/** Facts of one level, with its twin templates in turn. */
export function drawPairs(family: ProbeFamily, level: number, count: number, seed = 7): PhrasingPair[] {
  const { twins } = at(family.levels, level - 1);
  const templates = Array.from({ length: count }, (_, i) => at(twins, i % twins.length).name);
  return family.draw(new Random(seed, `test ${family.name} ${level}`), templates, level);
}

/** Every level of a family, with its number. */
export function levelsOf(family: ProbeFamily): number[] {
  return family.levels.map((_, i) => i + 1);
}

export function choicesOf({ question }: Phrasing): readonly string[] {
  if (question.kind !== 'choice') throw new Error('no choices');
  return question.choices;
}

export function answerOf({ question }: Phrasing): string {
  if (question.kind !== 'choice') throw new Error('no choices');
  return at(question.choices, question.answer);
}

/** The question itself, without the worked examples before it. */
export function askedIn(prompt: string): string {
  const blocks = prompt.split('\n\n');
  const last = at(blocks, blocks.length - 1);
  // Examples on lines of their own: the last line is the question.
  return blocks.length > 1 ? last : at(prompt.split('\n'), prompt.split('\n').length - 1);
}
