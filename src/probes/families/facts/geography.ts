import { pool, type Relation, sharedPool } from './relation.ts';

/**
 * The same number of countries for each, so that none is a better guess. Without islands and countries on two
 * continents.
 */
export const continents: Relation = {
  name: 'continents',
  question: 'On which continent is {subject}?',
  cloze: '{subject} is a country on the continent of',
  pools: [
    sharedPool({
      Africa: ['Angola', 'Botswana', 'Ethiopia', 'Ghana', 'Kenya', 'Nigeria', 'Senegal', 'Zambia'],
      Asia: ['Bangladesh', 'Bhutan', 'Cambodia', 'Laos', 'Mongolia', 'Nepal', 'Thailand', 'Vietnam'],
      Europe: ['Austria', 'Belgium', 'Bulgaria', 'Croatia', 'Finland', 'Hungary', 'Poland', 'Romania'],
      'North America': [
        'Belize',
        'Canada',
        'Costa Rica',
        'El Salvador',
        'Guatemala',
        'Honduras',
        'Mexico',
        'Nicaragua',
      ],
      'South America': ['Argentina', 'Bolivia', 'Brazil', 'Guyana', 'Paraguay', 'Peru', 'Suriname', 'Uruguay'],
    }),
  ],
};

export const rivers: Relation = {
  name: 'rivers',
  question: 'Which river flows through {subject}?',
  cloze: 'The river that flows through {subject} is the',
  pools: [
    pool({
      Baghdad: 'Tigris',
      Bordeaux: 'Garonne',
      Bremen: 'Weser',
      Cairo: 'Nile',
      Cologne: 'Rhine',
      Dublin: 'Liffey',
      Florence: 'Arno',
      Frankfurt: 'Main',
      Glasgow: 'Clyde',
      Hamburg: 'Elbe',
      Kyiv: 'Dnieper',
      London: 'Thames',
      Nantes: 'Loire',
      'New Orleans': 'Mississippi',
      Paris: 'Seine',
      Prague: 'Vltava',
      Rome: 'Tiber',
      Seville: 'Guadalquivir',
      Turin: 'Po',
      Varanasi: 'Ganges',
      Vienna: 'Danube',
      Warsaw: 'Vistula',
      Wuhan: 'Yangtze',
    }),
  ],
};
