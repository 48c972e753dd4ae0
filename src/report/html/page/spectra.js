// Sorts and filters the table of matrices. The page is complete without it.
(() => {
  const table = document.querySelector('table.matrices');
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];

  const filters = [...document.querySelectorAll('#spectra [data-filter]')];
  const count = document.querySelector('[data-count]');
  const filter = () => {
    const chosen = filters.filter(({ value }) => value !== '');
    let shown = 0;
    for (const row of rows) {
      row.hidden = chosen.some(({ value, dataset }) => row.cells[dataset.filter].textContent !== value);
      if (!row.hidden) shown += 1;
    }
    count.textContent = chosen.length === 0 ? '' : `${shown} of ${rows.length} shown.`;
  };
  for (const select of filters) {
    select.value = '';
    select.addEventListener('change', filter);
  }

  // Counts, shares and norms are numbers; a shape is a text.
  document.querySelector('[data-csv="matrices"]').addEventListener('click', () => {
    const heads = [...table.tHead.rows[0].cells];
    const isNumber = heads.map((head) => head.className === 'number' && head.textContent !== 'shape');
    const shown = [...body.rows].filter((row) => !row.hidden);
    const cells = (row) =>
      [...row.cells].map(({ textContent }, i) => (isNumber[i] ? csvNumber(textContent) : textContent));
    saveCsv('matrices', [heads.map((head) => head.textContent), ...shown.map(cells)]);
  });

  // Numbers as the page writes them: `1,234`, `−0.5`, `1.2e−4`, `+3.1`; a range counts as its lower end.
  const numberIn = (text) => Number.parseFloat(text.replaceAll(',', '').replaceAll('−', '-'));
  const compare = (a, b) => {
    const [x, y] = [numberIn(a), numberIn(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  };
  const sort = (head, column) => {
    const isNumber = head.classList.contains('number');
    const isDescending = head.ariaSort ? head.ariaSort === 'ascending' : isNumber;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
    const text = (row) => row.cells[column].textContent;
    // Where there is no number, a row stays at the end.
    const isEmpty = (row) => isNumber && Number.isNaN(numberIn(text(row)));
    const sign = isDescending ? -1 : 1;
    const sorted = [...rows].sort((a, b) => isEmpty(a) - isEmpty(b) || sign * compare(text(a), text(b)));
    body.append(...sorted);
  };
  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    button.addEventListener('click', () => sort(head, column));
    head.replaceChildren(button);
  }
})();
