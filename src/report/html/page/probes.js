// Sorts and filters the list of items. Runs in the reader's browser; the list is complete without it.
(() => {
  const table = document.querySelector('table.items');
  const tools = document.querySelector('.item-tools');
  if (table === null || tools === null) return;
  const body = table.tBodies[0];
  const forms = tools.dataset.forms;

  // A table whose rows are grids is no table to some screen readers, which read marks as the names of their characters.
  const WORDS = {
    m11: 'right in both',
    m00: 'wrong in both',
    m10: 'right, now wrong',
    m01: 'wrong, now right',
    m1: 'right',
    m0: 'wrong',
  };
  const describe = (selector, role) => {
    for (const element of table.querySelectorAll(selector)) element.setAttribute('role', role);
  };
  table.setAttribute('role', 'table');
  describe('thead, tbody', 'rowgroup');
  describe('tr', 'row');
  describe('thead th', 'columnheader');
  describe('tbody th', 'rowheader');
  describe('td', 'cell');
  for (const mark of table.querySelectorAll('td b')) {
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', WORDS[mark.className]);
  }

  /** What is known of each row, in the order of the report. Read once, as soon as somebody sorts or filters. */
  let facts = null;
  const read = () => {
    facts ??= [...body.rows].map((row) => {
      const items = row.dataset.i.split(' ').map((code) => {
        const [form, answers] = code.split(':');
        return { form, baseline: answers[0], candidate: answers[1] };
      });
      return {
        row,
        items,
        part: row.dataset.p,
        isFlip: 'flip' in row.dataset,
        title: row.cells[0].lastChild.data.trim(),
        text: row.textContent.toLowerCase(),
        b: Number(row.dataset.b ?? Number.NaN),
        t: Number(row.dataset.t ?? Number.NaN),
        exam: movedBy(items, 'b'),
        twin: movedBy(items, 't'),
      };
    });
    return facts;
  };

  /** Answers won less those lost, and then how many are right: lost ones come first. */
  const movedBy = (items, column) => {
    const own = items.filter(({ form }) => forms[form] === column);
    if (own.length === 0) return Number.NaN;
    const right = own.filter(({ candidate }) => candidate === '1').length;
    const change = own.reduce((sum, { baseline, candidate }) => {
      return baseline === '-' ? sum : sum + Number(candidate) - Number(baseline);
    }, 0);
    return change + right / (own.length + 1);
  };

  const controls = Object.fromEntries(
    [...tools.querySelectorAll('[data-filter]')].map((own) => [own.dataset.filter, own]),
  );
  const listOf = (name) => (controls[name]?.value ? controls[name].value.split(' ') : null);

  const filter = () => {
    const words = controls.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [suites, capabilities, ofForms] = ['suite', 'capability', 'form'].map(listOf);
    const [onlyFlips, onlyWrong] = [controls.flips?.checked === true, controls.wrong.checked];
    let shown = 0;
    for (const { row, items, part, isFlip, text } of read()) {
      const own = ofForms === null ? items : items.filter(({ form }) => ofForms.includes(form));
      const isShown =
        own.length > 0 &&
        (suites === null || suites.includes(part)) &&
        (capabilities === null || capabilities.includes(part)) &&
        (!onlyFlips || (isFlip && (ofForms === null || own.some(isLost)))) &&
        (!onlyWrong || own.some(({ candidate }) => candidate === '0')) &&
        words.every((word) => text.includes(word));
      if (isShown) shown += 1;
      if (row.hidden === isShown) row.hidden = !isShown;
    }
    tools.querySelector('[role="status"] span').textContent = shown.toLocaleString('en-US');
  };
  const isLost = ({ baseline, candidate }) => baseline === '1' && candidate === '0';
  for (const control of Object.values(controls)) control.addEventListener('input', filter);

  /** One line for each form of each fact that is shown. */
  const parts = [...tools.querySelector('template').content.children].map(({ children }) =>
    [...children].map((name) => name.textContent),
  );
  const COLUMNS = ['id', 'suite', 'capability', 'family', 'flip', 'form', 'takes part', 'prompt', 'right answer'];
  const ANSWER = ['answer', 'is right', 'margin'];
  const answerOf = (card, side) => {
    const line = [...card.querySelectorAll('p')].find(
      ({ childNodes: [mark, text] }) => mark.tagName === 'B' && text?.data.trim() === side,
    );
    const margin = line?.querySelector('small')?.textContent.replace('margin ', '') ?? '';
    return line
      ? [line.querySelector('code')?.textContent ?? '', String(/1$/.test(line.firstChild.className)), csvNumber(margin)]
      : ['', '', ''];
  };
  const linesOf = (row) => {
    const cards = [...row.querySelectorAll('.cards > div')];
    const nameOf = (card) => card.querySelector('h4').firstChild.data.trim();
    const promptOf = (card) => {
      const same = cards.find((other) =>
        card.querySelector('.note')?.textContent.endsWith(` as the ${nameOf(other)}.`),
      );
      return (same ?? card).querySelector('pre')?.textContent ?? '';
    };
    return cards.map((card) => [
      row.querySelector('summary code').textContent,
      ...parts[row.dataset.p],
      row.querySelector('.flip')?.textContent ?? '',
      nameOf(card),
      String(card.querySelector('h4 small') === null),
      promptOf(card),
      card.querySelector('p:not(.note) > code')?.textContent ?? '',
      ...answerOf(card, 'baseline'),
      ...answerOf(card, 'candidate'),
    ]);
  };
  tools.querySelector('[data-csv]').addEventListener('click', () => {
    const heads = [...COLUMNS, ...['baseline', 'candidate'].flatMap((side) => ANSWER.map((name) => `${side} ${name}`))];
    saveCsv('items', [heads, ...[...body.rows].filter((row) => !row.hidden).flatMap(linesOf)]);
  });

  /** Up, down, and back to the order of the report. */
  const NEXT = { none: 'ascending', ascending: 'descending', descending: 'none' };
  const heads = [...table.tHead.rows[0].cells];
  const sort = (head) => {
    const direction = NEXT[head.getAttribute('aria-sort')];
    for (const other of heads) other.setAttribute('aria-sort', other === head ? direction : 'none');
    const rows = direction === 'none' ? read() : read().toSorted(comparing(head.dataset.key, direction));
    body.append(...rows.map(({ row }) => row));
  };
  const comparing = (key, direction) => {
    const sign = direction === 'ascending' ? 1 : -1;
    if (key === 'title') {
      const { compare } = new Intl.Collator('en', { numeric: true });
      return (a, b) => sign * compare(a.title, b.title);
    }
    // What has no number comes last.
    const rank = (value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value);
    return (a, b) => Math.sign(rank(a[key]) - rank(b[key])) || 0;
  };
  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => sort(head));
  }
})();
