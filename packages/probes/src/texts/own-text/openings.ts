/** Beginnings of texts in one language, of people or of programs. What follows is drawn, so nobody can know it. */
export interface Openings {
  /** Name in reports. */
  readonly part: string;
  readonly texts: readonly string[];
}

/** Random first tokens lead a model of many languages to few of them. */
export const OPENINGS: readonly Openings[] = [
  { part: 'English', texts: ['The history of the', 'She looked out of the window and', 'Scientists have found that'] },
  { part: 'French', texts: ['Le gouvernement a annoncé que', 'Dans la ville de', 'Elle regarda par la fenêtre et'] },
  {
    part: 'German',
    texts: ['Die Regierung hat beschlossen, dass', 'In der Stadt gibt es', 'Sie sah aus dem Fenster und'],
  },
  { part: 'Spanish', texts: ['El gobierno ha anunciado que', 'En la ciudad de', 'Ella miró por la ventana y'] },
  { part: 'Portuguese', texts: ['O governo anunciou que', 'Na cidade de', 'Ela olhou pela janela e'] },
  { part: 'Russian', texts: ['Правительство объявило, что', 'В городе есть', 'Она посмотрела в окно и'] },
  { part: 'Chinese', texts: ['中国的首都是', '科学家发现', '她看着窗外，'] },
  { part: 'Japanese', texts: ['日本の首都は', '政府は', '彼女は窓の外を見て'] },
  { part: 'Arabic', texts: ['أعلنت الحكومة أن', 'في مدينة', 'نظرت من النافذة و'] },
  { part: 'Python', texts: ['def read_file(path):\n', 'import numpy as np\n\nclass ', 'for i in range('] },
  { part: 'JavaScript', texts: ['function ', 'const result = await ', "import { useState } from 'react';\n"] },
  { part: 'C', texts: ['#include <stdio.h>\n\nint main(', 'static int ', 'typedef struct {\n'] },
  { part: 'SQL', texts: ['SELECT name, ', 'CREATE TABLE users (', 'INSERT INTO '] },
  { part: 'HTML', texts: ['<div class="', '<!DOCTYPE html>\n<html>\n', '<ul>\n  <li>'] },
  { part: 'JSON', texts: ['{\n  "name": "', '[{"id": 1, ', '{"type": "object", "properties": {'] },
  { part: 'mathematics', texts: ['Let $x$ be a ', '3 + 4 * (2 - ', 'Theorem 1. For every '] },
];
