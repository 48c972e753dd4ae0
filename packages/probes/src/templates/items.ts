import { at, UserError } from '@shadow-gate/platform';
import { examWording } from '../forms/choice-twins.ts';
import { plainProblem } from '../forms/exact-twins.ts';
import type { ChoiceScoring, Form, ProbeItem, TwinKind, Wording } from '../item.ts';
import { Random, type Seed } from '../random.ts';
import { drawInstance, instantiate, type TemplateInstance } from './draw.ts';
import type { Template } from './template.ts';

interface DrawOptions {
  readonly file: string;
  readonly seed: Seed;
  readonly scoring: ChoiceScoring;
  /** Whether the whole file is a twin of another one: then each template gives only its fresh draws. */
  readonly isGroup: boolean;
}

/** The benchmark forms of a file are the same for every seed. */
const SEED_OF_FILE = 0;

/** More facts than any model is asked. */
const MAX_FACTS = 20_000;

/**
 * The facts of all templates, each the cluster of its items. The benchmark form is the published question, or a draw
 * that depends only on the file; twins are fresh draws by the seed.
 * @throws UserError for a template that leaves too few questions
 */
export function templateItems(templates: readonly Template[], options: DrawOptions): ProbeItem[] {
  const facts = templates.reduce((sum, { draws }) => sum + draws, 0);
  if (facts > MAX_FACTS) {
    throw new UserError(
      `${options.file}: the templates ask for ${facts} draws, and at most ${MAX_FACTS} are made`,
      'lower draws',
    );
  }
  return templates.flatMap((template) => itemsOf(template, options));
}

function itemsOf(template: Template, options: DrawOptions): ProbeItem[] {
  const { id, draws } = template;
  const where = `${options.file}: ${JSON.stringify(id)}`;
  const published = publishedInstance(template);
  const items: ProbeItem[] = [];
  const benchmarks: Asked[] = [];
  for (let draw = 1; draw <= (published === null ? draws : 1); draw += 1) {
    const random = new Random(SEED_OF_FILE, `benchmark ${draw} of ${id}`);
    const others = benchmarks.map((asked) => asked.instance);
    const instance = published ?? drawInstance(template, random, { where, others });
    benchmarks.push(ask(template, instance, { seed: SEED_OF_FILE, draw, avoid: null }));
  }
  const twins: TemplateInstance[] = [];
  for (let draw = 1; draw <= draws; draw += 1) {
    const benchmark = at(benchmarks, published === null ? draw - 1 : 0);
    const random = new Random(options.seed, `twin ${draw} of ${id}`);
    const others = [...benchmarks.map(({ instance }) => instance), ...twins, benchmark.instance];
    const twin = drawInstance(template, random, { where, others });
    twins.push(twin);
    const asked = ask(template, twin, { seed: options.seed, draw, avoid: benchmark.right });
    const add = (form: Asked, part: Part) => items.push(...formsOf(template, form, part, options.scoring));
    if (options.isGroup) {
      add(asked, { fact: `${id}.${draw}`, form: 'twin', kind: 'group', suffix: '' });
      continue;
    }
    const fact = published === null ? `${id}.${draw}` : id;
    if (published === null || draw === 1) add(benchmark, { fact, form: 'benchmark', kind: null, suffix: '' });
    const suffix = published === null ? '.fresh' : `.fresh-${draw}`;
    add(asked, { fact, form: 'twin', kind: 'fresh', suffix });
  }
  return items;
}

function publishedInstance(template: Template): TemplateInstance | null {
  if (template.original === null) return null;
  const published = instantiate(template, template.original);
  if ('cause' in published) throw new Error('the schema of a template checks its original');
  return published;
}

interface Asked {
  readonly instance: TemplateInstance;
  /** None for a written answer. */
  readonly choices: readonly string[];
  readonly right: number;
}

/** @param avoid the place of the right choice in the benchmark form: a memorized letter is wrong in its twin */
function ask(
  { id }: Template,
  instance: TemplateInstance,
  { seed, draw, avoid }: { readonly seed: Seed; readonly draw: number; readonly avoid: number | null },
): Asked {
  const { answer, wrong } = instance;
  if (wrong.length === 0) return { instance, choices: [], right: 0 };
  const random = new Random(seed, `order ${draw} of ${id}`);
  const places = [answer, ...wrong].flatMap((_, place) => (place === avoid ? [] : [place]));
  const right = random.pick(places);
  return { instance, choices: random.shuffle(wrong).toSpliced(right, 0, answer), right };
}

interface Part {
  readonly fact: string;
  readonly form: Form;
  readonly kind: TwinKind | null;
  readonly suffix: string;
}

/** A written answer has one form; a choice is asked by letter and by text, for models that do not bind letters. */
function formsOf(template: Template, asked: Asked, part: Part, scoring: ChoiceScoring): ProbeItem[] {
  const { question, answer, numeric } = asked.instance;
  const { choices, right } = asked;
  if (choices.length === 0) return [toItem(template, part, plainProblem({ question, target: answer, numeric }))];
  const byLetter = examWording({ question, choices, answer: right });
  const byText: Wording = { ...byLetter, question: { kind: 'choice', choices, answer: right, scoring } };
  const textForm: Form = part.form === 'benchmark' ? 'benchmark-text' : part.form;
  return [
    toItem(template, part, byLetter),
    toItem(template, { ...part, form: textForm, suffix: `${part.suffix}.text` }, byText),
  ];
}

function toItem(
  { id, capability, family }: Template,
  { fact, form, kind, suffix }: Part,
  { prompt, question }: Wording,
): ProbeItem {
  const own = kind === null ? {} : { kind };
  return { id: `${fact}${suffix}`, capability, family, form, ...own, fact, cluster: id, prompt, question };
}
