import { at } from '@shadow-gate/platform';
import { Random } from '@shadow-gate/probes/random';
import { stringify } from 'yaml';

/**
 * A passage and a question about it, with four choices. No known benchmark has these field names, so it is asked
 * without twins.
 */
export interface Passage {
  readonly passage: string;
  readonly options: readonly string[];
  /** Index of the right one. */
  readonly right: number;
}

const NAMES = ['Mara', 'Tomas', 'Ines', 'Oskar', 'Leila', 'Pavel', 'Nadia', 'Hugo', 'Greta', 'Samir', 'Elena', 'Bruno'];
const THINGS = [
  'key',
  'map',
  'letter',
  'coin',
  'lamp',
  'watch',
  'ring',
  'book',
  'knife',
  'compass',
  'photograph',
  'bell',
];
const LOOKS = ['silver', 'old', 'heavy', 'broken', 'painted', 'tiny', 'wooden', 'golden'];
const PLACES = ['basket', 'drawer', 'suitcase', 'cupboard', 'barrel', 'backpack', 'bucket', 'wardrobe', 'tent', 'car'];
const COLORS = ['blue', 'red', 'green', 'yellow', 'white', 'black', 'brown', 'orange'];
const REASONS = [
  'before lunch',
  'because it was raining',
  'after a long walk',
  'without a word',
  'while the others slept',
];

/** Four things are put somewhere, each with a sentence that does not matter. The same ones on every machine. */
export function drawPassages(count: number): Passage[] {
  const random = new Random(1, 'passages');
  return Array.from({ length: count }, () => {
    const [names, reasons] = [random.sample(NAMES, 4), random.sample(REASONS, 4)];
    const things = random.sample(THINGS, 4).map((thing) => `${random.pick(LOOKS)} ${thing}`);
    const places = random.sample(PLACES, 4).map((place) => `${random.pick(COLORS)} ${place}`);
    const sentences = things.map(
      (thing, i) =>
        `${at(names, i)} put the ${thing} into the ${at(places, i)} ${at(reasons, i)}, and talked to ${at(names, (i + 1) % 4)} about the weather.`,
    );
    const options = random.shuffle(places);
    const asked = random.int(0, 3);
    return {
      passage: `${sentences.join(' ')}\nQuestion: Where is the ${at(things, asked)}?\nAnswer: It is in the`,
      options,
      right: options.indexOf(at(places, asked)),
    };
  });
}

export const TASK_NAME = 'passages';

/** The task of lm-evaluation-harness that asks them. @param data path of a JSONL file */
export function taskYaml(data: string): string {
  return stringify({
    task: TASK_NAME,
    dataset_path: 'json',
    dataset_kwargs: { data_files: { test: data } },
    test_split: 'test',
    output_type: 'multiple_choice',
    doc_to_text: '{{passage}}',
    doc_to_choice: '{{options}}',
    doc_to_target: '{{right}}',
    metric_list: [{ metric: 'acc' }],
  });
}
