// Checked files: one table of all findings, beside it what can be drawn of the file. Who chooses a finding sees it on the picture, who
// chooses a mark on the picture comes to its findings; both by mouse and by keyboard.
import { draw } from './drawing.js';

const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;

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

  // ---- marks on a diagram: number and kind of the findings of each element, as buttons in the order of the table
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
    const overlays = drawn.viewer.get('overlays');
    const marks = new Map();
    for (const row of rowsOf(article.dataset.datei)) {
      if (row.dataset.marke) marks.set(row.dataset.marke, [...(marks.get(row.dataset.marke) ?? []), row]);
    }
    const buttons = [];
    for (const [id, own] of marks) {
      const element = drawn.registry.get(id);
      if (!element) continue;
      const faults = own.filter((row) => row.dataset.art === 'error').length;
      drawn.mark(id, faults ? 'fehler' : 'hinweis');
      const button = document.createElement('button');
      button.type = 'button';
      button.className = `befund-marke ${faults ? 'mit-fehler' : 'nur-hinweise'}`;
      button.textContent = `${faults ? '!' : '?'} ${own.length}`;
      button.setAttribute('aria-label', `${summary(own)}: ${nameOf(own[0])}`);
      button.addEventListener('click', () => toFinding(own[0]));
      button.addEventListener('focus', () => {
        keepStill(container);
        if (button.matches(':focus-visible')) drawn.canvas.scrollToElement(id, 60); // not away from under the mouse
      });
      button.addEventListener('keydown', (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        buttons.at((buttons.indexOf(button) + step) % buttons.length).focus();
      });
      overlays.add(id, 'befund', { position: corner(element), scale: false, html: button });
      buttons.push(button);
    }
    drawn.viewer.get('eventBus').on('element.click', ({ element }) => {
      const own = marks.get((element.labelTarget ?? element).id);
      if (own) toFinding(own[0]);
    });
    return drawn;
  }

  const rowsOf = (file) => rows.filter((row) => row.dataset.datei === file);
  const nameOf = (row) => row.querySelector('.verweis').textContent;
  const summary = (own) => {
    const faults = own.filter((row) => row.dataset.art === 'error').length;
    const hints = own.length - faults;
    const kinds = [faults && `${faults} Fehler`, hints && counted(hints, 'Hinweis', 'Hinweise')].filter(Boolean).join(', ');
    return `${counted(own.length, 'Befund', 'Befunde')} (${kinds})`;
  };

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

// The browser brings what has the focus into view by scrolling the container; the diagram moves instead.
function keepStill(container) {
  for (const part of container.querySelectorAll('.djs-container, .bjs-container')) part.scrollTo(0, 0);
  container.scrollTo(0, 0);
}

// Left above a shape; on a flow, in the middle of its line.
function corner(element) {
  if (!element.waypoints) return { top: -14, left: -14 };
  const points = element.waypoints;
  const middle = points.length % 2 ? points[(points.length - 1) / 2] : between(points[points.length / 2 - 1], points[points.length / 2]);
  const left = Math.min(...points.map((at) => at.x));
  const top = Math.min(...points.map((at) => at.y));
  return { left: middle.x - left - 14, top: middle.y - top - 14 };
}

const between = (one, other) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
