/** A word in English and in the other languages, without an article. */
export type Translations = Readonly<Record<string, string>>;

const HEADER = ['English', 'French', 'German', 'Spanish'];

function table(rows: string): readonly Translations[] {
  return rows
    .split('|')
    .map((row) => Object.fromEntries(row.split(' ').map((word, i) => [HEADER[i] ?? '', word] as const)));
}

export const WEEKDAYS = table(
  'Monday lundi Montag lunes|Tuesday mardi Dienstag martes|Wednesday mercredi Mittwoch miércoles|' +
    'Thursday jeudi Donnerstag jueves|Friday vendredi Freitag viernes|Saturday samedi Samstag sábado|' +
    'Sunday dimanche Sonntag domingo',
);

export const MONTHS = table(
  'January janvier Januar enero|February février Februar febrero|March mars März marzo|April avril April abril|' +
    'May mai Mai mayo|June juin Juni junio|July juillet Juli julio|August août August agosto|' +
    'September septembre September septiembre|October octobre Oktober octubre|November novembre November noviembre|' +
    'December décembre Dezember diciembre',
);

/** Words with one usual translation. */
export const COMMON_WORDS = table(
  'water eau Wasser agua|bread pain Brot pan|house maison Haus casa|dog chien Hund perro|cat chat Katze gato|' +
    'book livre Buch libro|milk lait Milch leche|tree arbre Baum árbol|sun soleil Sonne sol|moon lune Mond luna|' +
    'horse cheval Pferd caballo|fish poisson Fisch pescado|apple pomme Apfel manzana|night nuit Nacht noche|' +
    'father père Vater padre|mother mère Mutter madre|brother frère Bruder hermano|sister sœur Schwester hermana|' +
    'hand main Hand mano|head tête Kopf cabeza|heart cœur Herz corazón|window fenêtre Fenster ventana|' +
    'door porte Tür puerta|table table Tisch mesa|chair chaise Stuhl silla|city ville Stadt ciudad|' +
    'street rue Straße calle|river rivière Fluss río|sea mer Meer mar|snow neige Schnee nieve|rain pluie Regen lluvia|' +
    'fire feu Feuer fuego|cheese fromage Käse queso|egg œuf Ei huevo|meat viande Fleisch carne|sugar sucre Zucker azúcar|' +
    'salt sel Salz sal|red rouge rot rojo|white blanc weiß blanco|black noir schwarz negro|green vert grün verde|' +
    'blue bleu blau azul|yellow jaune gelb amarillo|school école Schule escuela|friend ami Freund amigo|' +
    'bird oiseau Vogel pájaro|flower fleur Blume flor|garden jardin Garten jardín|key clé Schlüssel llave|' +
    'knife couteau Messer cuchillo',
);
