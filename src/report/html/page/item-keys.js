// Links to items, and keys that go from one to the next. Runs in the reader's browser.
(() => {
  const table = document.querySelector('table.items');
  const tools = document.querySelector('.item-tools');
  if (table === null || tools === null) return;
  const box = table.parentElement;
  const folds = [...table.querySelectorAll('details')];
  const idOf = (fold) => fold.lastElementChild.id;
  const rowOf = (element) => element?.closest('table.items tbody tr') ?? null;

  const MOST_FRAMES = 10;
  /** Rows that were never drawn get their height when they come into view: again in each frame, until it stays. */
  const reveal = (row) => {
    let frames = 0;
    const place = () => {
      const off = row.getBoundingClientRect().top - box.getBoundingClientRect().top - table.tHead.offsetHeight;
      box.scrollIntoView({ block: 'nearest' });
      box.scrollTop += off;
      frames += 1;
      if (frames < 2 || (frames < MOST_FRAMES && Math.abs(off) > 1)) requestAnimationFrame(place);
    };
    place();
  };
  /** The one that a key or a link opened. */
  let current = null;
  const show = (fold) => {
    if (current !== null && current !== fold) current.open = false;
    current = fold;
    fold.open = true;
    fold.firstElementChild.focus({ preventScroll: true });
    reveal(rowOf(fold));
  };

  const showLinked = () => {
    const fold = folds.find((own) => `#${idOf(own)}` === location.hash);
    if (fold === undefined) return;
    if (rowOf(fold).hidden) {
      const controls = [...tools.querySelectorAll('[data-filter]')];
      for (const control of controls) {
        control.value = control.type === 'checkbox' ? 'on' : '';
        control.checked = false;
      }
      controls[0].dispatchEvent(new Event('input'));
    }
    show(fold);
  };
  addEventListener('hashchange', showLinked);
  showLinked();
  // The browser has scrolled to the address by now, and knows nothing of the head of the table.
  addEventListener('load', () => current && reveal(rowOf(current)));

  // A link where somebody reads: one for each of thousands of rows would be in the way of the keyboard.
  const addLink = ({ target: fold }) => {
    const cards = fold.lastElementChild;
    if (!fold.open || cards.querySelector('.link')) return;
    const link = document.createElement('a');
    link.className = 'link';
    link.href = `#${cards.id}`;
    link.textContent = 'Copy link';
    link.addEventListener('click', async () => {
      await navigator.clipboard?.writeText(link.href);
      link.textContent = 'Link copied';
    });
    cards.append(link);
  };
  for (const fold of folds) fold.addEventListener('toggle', addLink);

  const step = (by) => {
    const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
    const at = rows.indexOf(rowOf(document.activeElement) ?? rowOf(current));
    const row = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (row === undefined) return;
    show(row.querySelector('details'));
    history.replaceState(null, '', `#${idOf(current)}`);
  };
  const dialog = document.querySelector('dialog.keys');
  const works = dialog.querySelector('input');
  const search = tools.querySelector('[type="search"]');
  const KEYS = {
    j: () => step(1),
    n: () => step(1),
    k: () => step(-1),
    p: () => step(-1),
    '/': () => search.focus(),
    '?': () => dialog.showModal(),
  };
  addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey, isComposing } = event;
    const isTyping = target.matches?.('input:not([type="checkbox"]), select, textarea') ?? false;
    if (!Object.hasOwn(KEYS, key) || ctrlKey || metaKey || altKey || isComposing) return;
    if (isTyping || dialog.open || !works.checked) return;
    event.preventDefault();
    KEYS[key]();
  });
  tools.querySelector('[data-keys]').addEventListener('click', KEYS['?']);
  dialog.querySelector('button').addEventListener('click', () => dialog.close());
})();
