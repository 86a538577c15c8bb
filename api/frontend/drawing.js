// Draws one diagram into its container, with markers, and moves what is seen of it.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

export const read = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

// Draws the diagram of a container from the JSON elements of the same name (`<id>-xml`, `<id>-marken`); null where it cannot be drawn.
export async function draw(container) {
  const viewer = new NavigatedViewer({ container });
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  let whole = 1;
  let leftOut = 0;
  const load = async (xml) => {
    leftOut = (await viewer.importXML(xml)).warnings.length;
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
    container.textContent = container.dataset.undrawn ?? 'Das Diagramm lässt sich nicht zeichnen. Die Tabelle darunter sagt dasselbe.';
    return null;
  }
  const mark = (id, kind) => registry.get(id) && canvas.addMarker(id, `marke-${kind}`);
  const unmark = (id, kind) => registry.get(id) && canvas.removeMarker(id, `marke-${kind}`);
  for (const [kind, ids] of Object.entries(read(`${container.id}-marken`) ?? {})) ids.forEach((id) => mark(id, kind));
  // Brings an element to the middle at its drawn size; false where this diagram has it not.
  const show = (id) => {
    const element = registry.get(id);
    if (!element) return false;
    if (canvas.findRoot(element) !== canvas.getRootElement()) canvas.setRootElement(canvas.findRoot(element)); // inside a folded subprocess
    const points = element.waypoints ?? [element, { x: element.x + element.width, y: element.y + element.height }];
    const [left, top] = [Math.min(...points.map((at) => at.x)), Math.min(...points.map((at) => at.y))];
    const [right, bottom] = [Math.max(...points.map((at) => at.x)), Math.max(...points.map((at) => at.y))];
    const { width, height } = canvas.viewbox().outer;
    canvas.viewbox({ x: (left + right - width) / 2, y: (top + bottom - height) / 2, width, height });
    return true;
  };
  // Keeps an element in sight once somebody has zoomed in.
  const keepInSight = (id) => registry.get(id) && canvas.zoom() > whole && canvas.scrollToElement(id, 80);
  // Lets the buttons of a bar zoom, and shows the bar.
  const tools = (bar) => {
    if (!bar) return;
    bar.hidden = false;
    bar.addEventListener('click', (event) => {
      const step = event.target.dataset?.zoom;
      if (step === undefined) return;
      if (step === '0') canvas.zoom('fit-viewport', 'auto');
      else viewer.get('zoomScroll').stepZoom(Number(step));
    });
  };
  return { viewer, canvas, registry, load, mark, unmark, show, keepInSight, tools, leftOut };
}
