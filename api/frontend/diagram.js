// Shows BPMN diagrams with markers: one alone, two versions side by side, or a replay that follows the slider over every version the
// instance ran with. What the picture says, tables on the page say too. Checked files have a module of their own.
import { draw, read } from './drawing.js';
import { findings } from './findings.js';

// Two versions side by side: where one is moved or zoomed, the other follows; buttons of the table bring an element to the middle.
function beside(after, before) {
  let following = false;
  const tie = (from, to) =>
    from.viewer.get('eventBus').on('canvas.viewbox.changed', ({ viewbox }) => {
      if (following) return;
      following = true;
      const { x, y, width, height } = viewbox;
      to.canvas.viewbox({ x, y, width, height });
      following = false;
    });
  if (after && before) {
    tie(after, before);
    tie(before, after);
  }
  document.querySelectorAll('[data-zeige]').forEach((button) =>
    button.addEventListener('click', () => {
      [after, before].some((one) => one?.show(button.dataset.zeige));
      document.getElementById('diagramm').scrollIntoView({ block: 'nearest' });
    }),
  );
}

function replay({ load, mark, unmark, keepInSight }) {
  const steps = read('wiedergabe-schritte');
  const slider = document.getElementById('wiedergabe-regler');
  if (!steps || !slider) return;
  const diagrams = read('wiedergabe-diagramme') ?? [];
  const told = document.getElementById('wiedergabe-stand');
  let loaded = diagrams.length - 1;
  let turn = 0;
  let now = [];
  const show = async () => {
    turn += 1;
    const mine = turn;
    const reached = steps.slice(0, Number(slider.value));
    const current = reached[reached.length - 1];
    told.textContent = current ? `Schritt ${reached.length} von ${steps.length}: ${current.text}` : 'Vor dem ersten Schritt';
    document.querySelectorAll('[data-schritt]').forEach((row) => {
      row.classList.toggle('schritt-jetzt', Number(row.dataset.schritt) === reached.length);
    });
    now.forEach(([id, kind]) => unmark(id, kind));
    now = [];
    const wanted = (current ?? steps[0])?.diagramm ?? loaded;
    if (wanted !== loaded && diagrams[wanted]) {
      loaded = wanted;
      await load(diagrams[wanted]);
      if (mine !== turn) return; // the slider has moved on meanwhile
    }
    const state = new Map();
    for (const step of reached) for (const [id, kind] of step.marken) state.set(id, kind);
    for (const [id, kind] of state) {
      mark(id, kind);
      now.push([id, kind]);
    }
    const here = current?.marken.at(-1)?.[0];
    if (here) keepInSight(here);
  };
  slider.addEventListener('input', show);
  document.querySelectorAll('[data-zu-schritt]').forEach((button) =>
    button.addEventListener('click', () => {
      slider.value = button.dataset.zuSchritt;
      show();
      slider.focus();
    }),
  );
  show();
}

async function start() {
  const container = document.getElementById('diagramm');
  if (!container) return;
  const drawn = await draw(container);
  const other = document.getElementById('diagramm-vorher');
  if (other) {
    beside(drawn, await draw(other));
    other.dataset.bereit = 'ja';
  }
  if (!drawn) return;
  drawn.tools(document.getElementById('diagramm-werkzeuge'));
  replay(drawn);
  container.dataset.bereit = 'ja';
}

start();
findings();
