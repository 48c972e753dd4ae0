import { pool, type Relation } from './relation.ts';

/** Separate pools for gods and goddesses, since many names give that away. */
export const gods: Relation = {
  name: 'gods',
  question: 'What is the Roman name of the Greek deity {subject}?',
  cloze: 'The Roman name of the Greek deity {subject} is',
  reversed: 'What is the Greek name of the Roman deity {object}?',
  pools: [
    pool(2, {
      Ares: 'Mars',
      Cronus: 'Saturn',
      Dionysus: 'Bacchus',
      Eros: 'Cupid',
      Hades: 'Pluto',
      Hephaestus: 'Vulcan',
      Hermes: 'Mercury',
      Poseidon: 'Neptune',
      Zeus: 'Jupiter',
    }),
    pool(5, {
      Aphrodite: 'Venus',
      Artemis: 'Diana',
      Athena: 'Minerva',
      Demeter: 'Ceres',
      Eos: 'Aurora',
      Hera: 'Juno',
      Hestia: 'Vesta',
      Nike: 'Victoria',
      Persephone: 'Proserpina',
      Selene: 'Luna',
      Tyche: 'Fortuna',
    }),
  ],
};
