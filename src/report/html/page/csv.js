// Saves tables as CSV. Runs in the reader's browser, and sends nothing anywhere.

/**
 * As RFC 4180 has it, after a byte order mark, without which some spreadsheets take UTF-8 for something else. A text
 * that a spreadsheet would run as a formula gets an apostrophe (OWASP, CSV injection); a number does not.
 */
const csvText = (rows) => {
  const isFormula = (text) => /^[=+\-@\t\r\n\0＝＋－＠]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
  const cell = (text) => `"${isFormula(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
  return `\ufeff${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
};

/** `−1,234.5` as this page writes it, as a program reads it: `-1234.5`. Empty where there is no number. */
// biome-ignore lint/correctness/noUnusedVariables: the scripts after this one use it
const csvNumber = (text) => text.replaceAll(',', '').replaceAll('−', '-').replace('+', '').replace('—', '');

// biome-ignore lint/correctness/noUnusedVariables: the scripts after this one use it
const saveCsv = (name, rows) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([csvText(rows)], { type: 'text/csv;charset=utf-8' }));
  link.download = `shadow-gate-${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
