// Checked files: one table of all findings, beside it what can be drawn of the file. Who chooses a finding sees it on the picture, who
// chooses a mark on the picture comes to its findings; both by mouse and by keyboard.
import { draw } from './drawing.js';
import { addMarks, counted, nameOf, summary } from './marks.js';

export function findings() {
  const view = document.getElementById('befundansicht');
  if (!view) return;
  const rows = [...view.querySelectorAll('tr[data-befund]')];
  const articles = new Map([...view.querySelectorAll('.dateibild')].map((article) => [article.dataset.datei, article]));
  const choice = document.getElementById('dateiwahl');
  const told = document.getElementById('befund-stand');
  const drawings = new Map();

  const open = (file) => {
    for (const [number, article] of articles) article.hidden = number !== file;
    choice.value = file;
    if (!drawings.has(file)) drawings.set(file, drawFile(articles.get(file)));
    return drawings.get(file);
  };

  async function drawFile(article) {
    const container = article.querySelector('.diagramm');
    if (!container) return null;
    const drawn = await draw(container);
    container.dataset.bereit = 'ja';
    if (!drawn) {
      article.querySelector('.stellen')?.setAttribute('open', '');
      return null;
    }
    drawn.tools(container.previousElementSibling);
    if (drawn.leftOut) {
      const note = document.createElement('p');
      note.className = 'meldung warnung';
      note.textContent = `Das Bild ist unvollständig: ${counted(drawn.leftOut, 'Angabe der Datei lässt', 'Angaben der Datei lassen')} sich nicht zeichnen.`;
      container.after(note);
    }
    const groups = new Map();
    for (const row of rowsOf(article.dataset.datei)) {
      if (row.dataset.marke) groups.set(row.dataset.marke, [...(groups.get(row.dataset.marke) ?? []), row]);
    }
    addMarks(drawn, container, groups, toFinding);
    return drawn;
  }

  const rowsOf = (file) => rows.filter((row) => row.dataset.datei === file);

  // ---- choosing
  // Rows that stand for the same thing: the same mark of the same file, or the row alone.
  const together = (row) =>
    row.dataset.marke ? rowsOf(row.dataset.datei).filter((other) => other.dataset.marke === row.dataset.marke) : [row];

  let turn = 0;
  let lit = () => {};
  async function choose(row) {
    turn += 1;
    const mine = turn;
    lit();
    lit = () => {};
    const own = together(row);
    rows.forEach((one) => one.toggleAttribute('data-gewaehlt', own.includes(one)));
    const { datei: file, marke: id, befund: number } = row.dataset;
    const article = articles.get(file);
    const drawn = await open(file);
    if (mine !== turn) return; // another was chosen meanwhile
    const onDiagram = Boolean(drawn && id && drawn.show(id));
    const shown = onDiagram ? [] : placesOf(article, id, number);
    if (onDiagram) drawn.mark(id, 'gewaehlt');
    shown.forEach((place) => place.classList.add('gewaehlt'));
    lit = () => {
      shown.forEach((place) => place.classList.remove('gewaehlt'));
      if (onDiagram) drawn.unmark(id, 'gewaehlt');
    };
    const where = onDiagram ? 'im Diagramm' : shown.length ? 'in der Datei' : 'ohne Stelle in der Datei';
    told.textContent = `Gezeigt ${where}: ${nameOf(row)}, ${summary(own)}.`;
    bring(onDiagram ? article.querySelector('.diagramm') : shown[0] ?? article);
  }

  // Where a finding shows that no diagram shows: its cell, component or heading, and else its line.
  function placesOf(article, id, number) {
    const things = id ? [...article.querySelectorAll('[data-marke]')].filter((thing) => thing.dataset.marke === id) : [];
    if (things.length) return things;
    const lines = [...article.querySelectorAll('[data-befunde]')].filter((line) => line.dataset.befunde.split(' ').includes(number));
    if (lines.length) lines[0].closest('details').open = true;
    return lines;
  }

  async function toFinding(row) {
    await choose(row);
    const button = row.querySelector('.verweis');
    button.focus({ preventScroll: true });
    bring(row);
  }

  view.addEventListener('click', (event) => {
    const row = event.target.closest('tr[data-befund]');
    if (row) choose(row);
    const number = event.target.closest('[data-zum-befund]')?.dataset.zumBefund;
    if (number) toFinding(rows.find((one) => one.dataset.befund === number));
  });
  choice.addEventListener('change', () => open(choice.value));
  choice.closest('.dateiwahl').hidden = articles.size < 2;
  view.classList.add('mit-wahl');
  open(rows[0]?.dataset.datei ?? articles.keys().next().value);
  view.dataset.bereit = 'ja';
}

// At once: of two smooth scrolls, to the picture and back to the row, the first would go on.
const bring = (thing) => thing.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
