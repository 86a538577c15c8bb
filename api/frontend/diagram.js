// Shows BPMN diagrams with markers: one alone, two versions side by side, or a replay that follows the slider over every version the
// instance ran with. What the picture says, tables on the page say too.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const read = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

// Draws the diagram of a container from the JSON elements of the same name (`<id>-xml`, `<id>-marken`); null where it cannot be drawn.
async function draw(container) {
  const viewer = new NavigatedViewer({ container });
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  let whole = 1;
  const load = async (xml) => {
    await viewer.importXML(xml);
    canvas.zoom('fit-viewport', 'auto');
    whole = canvas.zoom();
    const svg = container.querySelector('svg');
    if (svg) {
      svg.setAttribute('role', 'group');
      svg.setAttribute('aria-label', container.dataset.name || 'Prozessdiagramm');
    }
  };
  try {
    await load(read(`${container.id}-xml`));
  } catch (fault) {
    container.textContent = 'Das Diagramm lässt sich nicht zeichnen. Die Tabelle darunter sagt dasselbe.';
    return null;
  }
  const mark = (id, kind) => registry.get(id) && canvas.addMarker(id, `marke-${kind}`);
  const unmark = (id, kind) => registry.get(id) && canvas.removeMarker(id, `marke-${kind}`);
  for (const [kind, ids] of Object.entries(read(`${container.id}-marken`) ?? {})) ids.forEach((id) => mark(id, kind));
  // Brings an element to the middle at its drawn size; false where this diagram has it not.
  const show = (id) => {
    const element = registry.get(id);
    if (!element) return false;
    const points = element.waypoints ?? [element, { x: element.x + element.width, y: element.y + element.height }];
    const [left, top] = [Math.min(...points.map((at) => at.x)), Math.min(...points.map((at) => at.y))];
    const [right, bottom] = [Math.max(...points.map((at) => at.x)), Math.max(...points.map((at) => at.y))];
    const { width, height } = canvas.viewbox().outer;
    canvas.viewbox({ x: (left + right - width) / 2, y: (top + bottom - height) / 2, width, height });
    return true;
  };
  // Keeps an element in sight once somebody has zoomed in.
  const keepInSight = (id) => registry.get(id) && canvas.zoom() > whole && canvas.scrollToElement(id, 80);
  return { viewer, canvas, load, mark, unmark, show, keepInSight };
}

function tools({ viewer, canvas }) {
  const bar = document.getElementById('diagramm-werkzeuge');
  if (!bar) return;
  bar.hidden = false;
  bar.addEventListener('click', (event) => {
    const step = event.target.dataset?.zoom;
    if (step === undefined) return;
    if (step === '0') canvas.zoom('fit-viewport', 'auto');
    else viewer.get('zoomScroll').stepZoom(Number(step));
  });
}

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
  tools(drawn);
  replay(drawn);
  container.dataset.bereit = 'ja';
}

start();
