import { pool, type Relation } from './relation.ts';

/**
 * One pool per first letter of the symbol, which would otherwise give the element away. Without symbols of one letter,
 * since others begin with them, and they can be labels of the exam.
 */
export const symbols: Relation = {
  name: 'chemical symbols',
  question: 'What is the chemical symbol for {subject}?',
  cloze: 'The chemical symbol for {subject} is',
  reversed: 'Which element has the chemical symbol {object}?',
  pools: [
    pool({ aluminum: 'Al', argon: 'Ar', arsenic: 'As', gold: 'Au', silver: 'Ag' }),
    pool({ barium: 'Ba', beryllium: 'Be', bismuth: 'Bi', bromine: 'Br' }),
    pool({ cadmium: 'Cd', calcium: 'Ca', chlorine: 'Cl', chromium: 'Cr', cobalt: 'Co', copper: 'Cu' }),
    pool({ francium: 'Fr', indium: 'In', iridium: 'Ir', iron: 'Fe' }),
    pool({ hafnium: 'Hf', helium: 'He', holmium: 'Ho', mercury: 'Hg' }),
    pool({ neodymium: 'Nd', neon: 'Ne', nickel: 'Ni', niobium: 'Nb', sodium: 'Na' }),
    pool({ lead: 'Pb', palladium: 'Pd', platinum: 'Pt', plutonium: 'Pu', polonium: 'Po' }),
    pool({ antimony: 'Sb', selenium: 'Se', silicon: 'Si', strontium: 'Sr', tin: 'Sn' }),
  ],
};

/** All have two digits, so none begins with another one. */
export const atomicNumbers: Relation = {
  name: 'atomic numbers',
  question: 'What is the atomic number of {subject}?',
  cloze: 'The atomic number of {subject} is',
  reversed: 'Which element has the atomic number {object}?',
  pools: [
    pool({
      neon: '10',
      sodium: '11',
      magnesium: '12',
      silicon: '14',
      phosphorus: '15',
      sulfur: '16',
      chlorine: '17',
      argon: '18',
      calcium: '20',
      iron: '26',
      nickel: '28',
      copper: '29',
      zinc: '30',
      silver: '47',
      tin: '50',
      iodine: '53',
      platinum: '78',
      gold: '79',
      mercury: '80',
      lead: '82',
      uranium: '92',
    }),
  ],
};
