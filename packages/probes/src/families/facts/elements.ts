import { pool, type Relation } from './relation.ts';

/** One pool per first letter, which gives the element away. One-letter symbols begin others and can be exam labels. */
export const symbols: Relation = {
  name: 'chemical symbols',
  question: 'What is the chemical symbol for {subject}?',
  cloze: 'The chemical symbol for {subject} is',
  reversed: 'Which element has the chemical symbol {object}?',
  pools: [
    pool(2, { aluminum: 'Al', argon: 'Ar', arsenic: 'As', gold: 'Au', silver: 'Ag' }),
    pool(4, { barium: 'Ba', beryllium: 'Be', bismuth: 'Bi', bromine: 'Br' }),
    pool(2, { cadmium: 'Cd', calcium: 'Ca', chlorine: 'Cl', chromium: 'Cr', cobalt: 'Co', copper: 'Cu' }),
    pool(4, { francium: 'Fr', indium: 'In', iridium: 'Ir', iron: 'Fe' }),
    pool(2, { hafnium: 'Hf', helium: 'He', holmium: 'Ho', mercury: 'Hg' }),
    pool(4, { neodymium: 'Nd', neon: 'Ne', nickel: 'Ni', niobium: 'Nb', sodium: 'Na' }),
    pool(2, { lead: 'Pb', palladium: 'Pd', platinum: 'Pt', plutonium: 'Pu', polonium: 'Po' }),
    pool(4, { antimony: 'Sb', selenium: 'Se', silicon: 'Si', strontium: 'Sr', tin: 'Sn' }),
  ],
};

/** All have two digits, so none begins with another one. */
export const atomicNumbers: Relation = {
  name: 'atomic numbers',
  question: 'What is the atomic number of {subject}?',
  cloze: 'The atomic number of {subject} is',
  reversed: 'Which element has the atomic number {object}?',
  pools: [
    pool(5, {
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
