// Shows a BPMN diagram with markers; with a replay it follows the slider and tells each step to a screen reader.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const read = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

// Draws the diagram of a container from the JSON elements of the same name (`<id>-xml`, `<id>-marken`); null where it cannot be drawn.
async function draw(container) {
  const viewer = new NavigatedViewer({ container });
  try {
    await viewer.importXML(read(`${container.id}-xml`));
  } catch (fault) {
    container.textContent = 'Das Diagramm lässt sich nicht zeichnen. Die Tabelle darunter sagt dasselbe.';
    return null;
  }
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  canvas.zoom('fit-viewport', 'auto');
  const svg = container.querySelector('svg');
  if (svg) {
    svg.setAttribute('role', 'group');
    svg.setAttribute('aria-label', container.dataset.name || 'Prozessdiagramm');
  }
  const tools = document.getElementById('diagramm-werkzeuge');
  if (tools) {
    tools.hidden = false;
    tools.addEventListener('click', (event) => {
      const step = event.target.dataset?.zoom;
      if (step === undefined) return;
      if (step === '0') canvas.zoom('fit-viewport', 'auto');
      else viewer.get('zoomScroll').stepZoom(Number(step));
    });
  }
  const whole = canvas.zoom();
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
  return { viewer, canvas, mark, unmark, show };
}

// Two versions side by side: where one is moved or zoomed, the other follows.
function follow(one, other) {
  let following = false;
  const tie = (from, to) =>
    from.viewer.get('eventBus').on('canvas.viewbox.changed', ({ viewbox }) => {
      if (following) return;
      following = true;
      const { x, y, width, height } = viewbox;
      to.canvas.viewbox({ x, y, width, height });
      following = false;
    });
  tie(one, other);
  tie(other, one);
}

async function start() {
  const canvasElement = document.getElementById('diagramm');
  if (!canvasElement) return;
  const drawn = await draw(canvasElement);
  const beside = document.getElementById('diagramm-vorher');
  if (beside) {
    const before = await draw(beside);
    if (drawn && before) follow(drawn, before);
    document.querySelectorAll('[data-zeige]').forEach((button) =>
      button.addEventListener('click', () => {
        [drawn, before].some((one) => one?.show(button.dataset.zeige));
        beside.scrollIntoView({ block: 'nearest' });
      }),
    );
    beside.dataset.bereit = 'ja';
  }
  if (!drawn) return;
  const { mark, unmark } = drawn;

  const steps = read('wiedergabe-schritte');
  const slider = document.getElementById('wiedergabe-regler');
  if (steps && slider) {
    const told = document.getElementById('wiedergabe-stand');
    let now = [];
    const show = () => {
      now.forEach(([id, kind]) => unmark(id, kind));
      now = [];
      const reached = steps.slice(0, Number(slider.value));
      const state = new Map();
      for (const step of reached) for (const [id, kind] of step.marken) state.set(id, kind);
      for (const [id, kind] of state) {
        mark(id, kind);
        now.push([id, kind]);
      }
      const current = reached[reached.length - 1];
      const here = current?.marken.at(-1)?.[0];
      if (here && registry.get(here) && canvas.zoom() > whole) canvas.scrollToElement(here, 80);
      told.textContent = current ? `Schritt ${reached.length} von ${steps.length}: ${current.text}` : 'Vor dem ersten Schritt';
      document.querySelectorAll('[data-schritt]').forEach((row) => {
        row.classList.toggle('schritt-jetzt', Number(row.dataset.schritt) === reached.length);
      });
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
  canvasElement.dataset.bereit = 'ja';
}

start();
