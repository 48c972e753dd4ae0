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

/**
 * Places and their countries, from GeoNames (geonames.org, CC BY 4.0): names that only one country has, in pools of one
 * language, so that the sound tells little. The fewer people, the fewer texts name the place.
 */
export const towns: Relation = {
  name: 'towns',
  question: 'In which country is the town of {subject}?',
  cloze: 'The town of {subject} is in',
  pools: [
    // Spanish-speaking countries.
    sharedPool(6, {
      Argentina: ['Banfield', 'Berazategui', 'Catamarca', 'Gualeguay'],
      Bolivia: ['Caranavi', 'Colcapirhua', 'Mizque', 'Villamontes'],
      Chile: ['Cauquenes', 'Iquique', 'Limache', 'Vallenar'],
      Colombia: ['Anserma', 'Cimitarra', 'Sabanalarga', 'Sogamoso'],
      Ecuador: ['Babahoyo', 'Balzar', 'Huaquillas', 'Otavalo'],
      Mexico: ['Cosamaloapan', 'Huamantla', 'Teziutlan', 'Zinacantepec'],
      Peru: ['Catacaos', 'Chachapoyas', 'Sullana', 'Talara'],
      Venezuela: ['Chivacoa', 'Guanarito', 'Tacarigua', 'Upata'],
    }),
    // French-speaking countries of Africa.
    sharedPool(6, {
      'Burkina Faso': ['Gourcy', 'Kongoussi', 'Ouahigouya', 'Zorgo'],
      Benin: ['Bassila', 'Lokossa', 'Malanville', 'Natitingou'],
      'Ivory Coast': ['Affery', 'Gligbeuadji', 'Sassandra', 'Toumodi'],
      Cameroon: ['Dschang', 'Garoua', 'Magba', 'Manjo'],
      Senegal: ['Diamniadio', 'Diourbel', 'Koungheul', 'Tivaouane'],
    }),
    // Slavic-speaking countries.
    sharedPool(6, {
      Bulgaria: ['Asenovgrad', 'Kazanlak', 'Pernik', 'Petrich'],
      Czechia: ['Chodov', 'Chomutov', 'Jihlava', 'Trutnov'],
      Croatia: ['Bjelovar', 'Karlovac', 'Osijek', 'Zadar'],
      Poland: ['Bemowo', 'Legionowo', 'Mielec', 'Opole'],
      Slovakia: ['Bardejov', 'Michalovce', 'Nitra', 'Prievidza'],
    }),
  ],
};

export const smallTowns: Relation = {
  name: 'small towns',
  question: 'In which country is the small town of {subject}?',
  cloze: 'The small town of {subject} is in',
  pools: [
    // Spanish-speaking countries.
    sharedPool(7, {
      Argentina: ['Caimancito', 'Gaona', 'Senillosa', 'Ucacha'],
      Bolivia: ['Huatajata', 'Mapiri', 'Porco', 'Pucarani'],
      Chile: ['Cobquecura', 'Ercilla', 'Galvarino', 'Quilleco'],
      Colombia: ['Agrado', 'Bochalema', 'Cumbal', 'Guateque'],
      Ecuador: ['Colimes', 'Nulti', 'Rocafuerte', 'Tosagua'],
      Mexico: ['Baborigame', 'Chapultepec', 'Chupio', 'Ojocaliente'],
      Peru: ['Ayapata', 'Ccolo', 'Chazuta', 'Mazamari'],
      Venezuela: ['Aricagua', 'Bobures', 'Chichiriviche', 'Yaguaraparo'],
    }),
    // French-speaking countries of Africa.
    sharedPool(7, {
      'Burkina Faso': ['Ouargaye', 'Pitmoaga', 'Sebba', 'Sindou'],
      'Ivory Coast': ['Bounta', 'Diangobo', 'Niambli', 'Tamafrou'],
      Cameroon: ['Bazou', 'Bekondo', 'Dimako', 'Njinikom'],
      Senegal: ['Birkelane', 'Diakhao', 'Diouloulou', 'Sibassor'],
      Togo: ['Blitta', 'Elavagnon', 'Kouniohou', 'Tohoun'],
    }),
    // Slavic-speaking countries.
    sharedPool(7, {
      Bulgaria: ['Belogradchik', 'Pavlikeni', 'Sozopol', 'Ugarchin'],
      Czechia: ['Broumov', 'Chodov', 'Povrly', 'Vinohrady'],
      Croatia: ['Bilice', 'Oroslavje', 'Pleternica', 'Suhopolje'],
      Poland: ['Czarne', 'Grojec', 'Kolbudy', 'Sidzina'],
      Slovakia: ['Jarovce', 'Jelka', 'Neded', 'Trstice'],
    }),
  ],
};
