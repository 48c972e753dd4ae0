import { pool, type Relation } from './relation.ts';

/** No sciences that include another one here, as zoology includes ornithology. */
export const sciences: Relation = {
  name: 'sciences',
  question: 'What is the study of {subject} called?',
  cloze: 'The study of {subject} is called',
  reversed: 'What is studied in {object}?',
  pools: [
    pool(3, {
      fossils: 'paleontology',
      'heart disease': 'cardiology',
      heredity: 'genetics',
      light: 'optics',
      plants: 'botany',
      sound: 'acoustics',
      'stars and planets': 'astronomy',
      weather: 'meteorology',
    }),
    pool(4, {
      aging: 'gerontology',
      birds: 'ornithology',
      blood: 'hematology',
      caves: 'speleology',
      cells: 'cytology',
      coins: 'numismatics',
      earthquakes: 'seismology',
      'eye disease': 'ophthalmology',
      'family history': 'genealogy',
      fish: 'ichthyology',
      flags: 'vexillology',
      fungi: 'mycology',
      insects: 'entomology',
      'kidney disease': 'nephrology',
      lakes: 'limnology',
      poisons: 'toxicology',
      'skin disease': 'dermatology',
      tumors: 'oncology',
      'word origins': 'etymology',
    }),
  ],
};

export const planets: Relation = {
  name: 'planets',
  question: 'Which planet is the {subject} from the Sun?',
  cloze: 'The {subject} planet from the Sun is',
  reversed: 'Counting outward from the Sun, which planet is {object}?',
  pools: [
    pool(3, {
      first: 'Mercury',
      second: 'Venus',
      third: 'Earth',
      fourth: 'Mars',
      fifth: 'Jupiter',
      sixth: 'Saturn',
      seventh: 'Uranus',
      eighth: 'Neptune',
    }),
  ],
};
