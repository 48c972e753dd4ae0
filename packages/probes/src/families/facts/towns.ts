import { type Relation, sharedPool } from './relation.ts';

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
