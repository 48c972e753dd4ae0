import { pool, type Relation, sharedPool } from './relation.ts';

/** As many countries each, so that none is a better guess. No islands, and no countries on two continents. */
export const continents: Relation = {
  name: 'continents',
  question: 'On which continent is {subject}?',
  cloze: '{subject} is a country on the continent of',
  pools: [
    sharedPool(1, {
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
    pool(1, {
      Baghdad: 'Tigris',
      Cairo: 'Nile',
      Cologne: 'Rhine',
      London: 'Thames',
      'New Orleans': 'Mississippi',
      Paris: 'Seine',
      Rome: 'Tiber',
      Vienna: 'Danube',
    }),
    pool(5, {
      Bordeaux: 'Garonne',
      Bremen: 'Weser',
      Dublin: 'Liffey',
      Florence: 'Arno',
      Frankfurt: 'Main',
      Glasgow: 'Clyde',
      Hamburg: 'Elbe',
      Kyiv: 'Dnieper',
      Nantes: 'Loire',
      Prague: 'Vltava',
      Seville: 'Guadalquivir',
      Turin: 'Po',
      Varanasi: 'Ganges',
      Warsaw: 'Vistula',
      Wuhan: 'Yangtze',
    }),
  ],
};
