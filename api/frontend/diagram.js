// Shows a BPMN diagram with markers; with a replay it follows the slider and tells each step to a screen reader.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const read = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

async function start() {
  const canvasElement = document.getElementById('diagramm');
  if (!canvasElement) return;
  const viewer = new NavigatedViewer({ container: canvasElement });
  try {
    await viewer.importXML(read('diagramm-xml'));
  } catch (fault) {
    canvasElement.textContent = 'Das Diagramm lässt sich nicht zeichnen. Die Tabelle darunter sagt dasselbe.';
    return;
  }
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  canvas.zoom('fit-viewport', 'auto');
  const svg = canvasElement.querySelector('svg');
  if (svg) {
    svg.setAttribute('role', 'group');
    svg.setAttribute('aria-label', canvasElement.dataset.name || 'Prozessdiagramm');
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
  for (const [kind, ids] of Object.entries(read('diagramm-marken') ?? {})) ids.forEach((id) => mark(id, kind));

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
