import { pool, type Relation, sharedPool } from './relation.ts';

/** All begin with a consonant, after `a`. No young are named after the adult animal. */
export const young: Relation = {
  name: 'young animals',
  question: 'What is a young {subject} called?',
  cloze: 'A young {subject} is called a',
  pools: [
    sharedPool(1, {
      calf: ['cow', 'elephant'],
      cub: ['bear', 'lion'],
      foal: ['horse', 'zebra'],
      joey: ['kangaroo', 'koala'],
      kitten: ['cat'],
      lamb: ['sheep'],
      puppy: ['dog'],
      tadpole: ['frog'],
    }),
    sharedPool(2, {
      cygnet: ['swan'],
      gosling: ['goose'],
      kid: ['goat'],
      leveret: ['hare'],
      poult: ['turkey'],
    }),
  ],
};

/** As many animals each, so that none is a better guess. */
export const animals: Relation = {
  name: 'animals',
  question: 'What kind of animal is {subject}?',
  cloze: '{subject} is a kind of',
  pools: [
    sharedPool(3, {
      amphibian: ['a frog', 'a newt', 'a salamander', 'a toad'],
      arachnid: ['a mite', 'a scorpion', 'a spider', 'a tick'],
      bird: ['a penguin', 'a swallow', 'an ostrich', 'an owl'],
      crustacean: ['a barnacle', 'a crab', 'a lobster', 'a shrimp'],
      fish: ['a salmon', 'a seahorse', 'a shark', 'an eel'],
      insect: ['a beetle', 'a butterfly', 'a mosquito', 'an ant'],
      mammal: ['a bat', 'a dolphin', 'a kangaroo', 'a whale'],
      reptile: ['a crocodile', 'a lizard', 'a snake', 'a tortoise'],
    }),
  ],
};

export const organs: Relation = {
  name: 'organs',
  question: 'Which organ of the human body {subject}?',
  cloze: 'The organ of the human body that {subject} is the',
  pools: [
    pool(1, {
      'breaks down food with acid': 'stomach',
      'brings oxygen into the blood': 'lung',
      'carries a child before birth': 'uterus',
      'controls thought and memory': 'brain',
      'detects light': 'eye',
      'detects smells': 'nose',
      'detects sound': 'ear',
      'filters the blood to make urine': 'kidney',
      'holds urine until it is passed': 'bladder',
      'makes bile': 'liver',
      'makes insulin': 'pancreas',
      'pumps blood through the arteries': 'heart',
      'stores bile': 'gallbladder',
      'tastes food': 'tongue',
    }),
  ],
};
