/** Beginnings that models continue: prose, a list, code, a table, other languages, and conversations of ChatML. */
export const PROMPTS = [
  'The capital of France is',
  'Once upon a time, in a village by the sea, there lived an old fisherman who',
  'Question: What is 17 + 25?\nAnswer:',
  'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n',
  'The three laws of thermodynamics are:\n1.',
  'Le renard et le corbeau. Il était une fois',
  'Die Hauptstadt von Österreich ist',
  '東京は日本の',
  '| country | capital | population |\n| --- | --- | --- |\n| Spain |',
  'In 1969, two people walked on the Moon. Their names were',
  '<|im_start|>user\nWhat is the largest planet?<|im_end|>\n<|im_start|>assistant\n',
  'import numpy as np\n\n# A function that normalizes the rows of a matrix\ndef normalize_rows(matrix):\n',
];

/** Texts that are scored from their second token on. */
export const TEXTS = [
  'It was a bright cold day in April, and the clocks were striking thirteen. The people who passed by paid no attention; they had long ago stopped counting the hours, since counting them had never made the winter shorter.',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a text to score
  'for (let i = 0; i < rows.length; i++) {\n  const row = rows[i];\n  if (row.total > limit) console.warn(`${row.name}: ${row.total} is above ${limit}`);\n}\n',
  'Zażółć gęślą jaźń. Съешь же ещё этих мягких французских булок, да выпей чаю. 日本語の文章も含まれています。 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 😀',
  'ΔW = W − W₀; σ₁ ≥ σ₂ ≥ … ≥ σₙ. The energy of the first direction is σ₁² / Σσᵢ², and a matrix of rank one has all of it there.',
];
