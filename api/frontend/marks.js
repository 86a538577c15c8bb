// Marks on a diagram: how many findings an element has and of what kind, as buttons in the order of the table of findings.
export const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;
export const nameOf = (row) => row.querySelector('.verweis').textContent;
const faultsOf = (rows) => rows.filter((row) => row.dataset.art === 'error').length;

// "2 Befunde (1 Fehler, 1 Hinweis)"
export function summary(rows) {
  const faults = faultsOf(rows);
  const hints = rows.length - faults;
  const kinds = [faults && `${faults} Fehler`, hints && counted(hints, 'Hinweis', 'Hinweise')].filter(Boolean).join(', ');
  return `${counted(rows.length, 'Befund', 'Befunde')} (${kinds})`;
}

// groups: id of an element -> rows of its findings; choose: what happens with the first row of a mark that is chosen.
export function addMarks(drawn, container, groups, choose) {
  const overlays = drawn.viewer.get('overlays');
  const whole = drawn.canvas.getRootElement();
  const buttons = [];
  const add = (id, rows, name, position) => {
    const faults = faultsOf(rows);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `befund-marke ${faults ? 'mit-fehler' : 'nur-hinweise'}`;
    button.textContent = `${faults ? '!' : '?'} ${rows.length}`;
    button.setAttribute('aria-label', `${summary(rows)}: ${name}`);
    button.addEventListener('click', () => choose(rows[0]));
    button.addEventListener('focus', () => {
      keepStill(container);
      if (button.matches(':focus-visible')) drawn.canvas.scrollToElement(id, 60); // not away from under the mouse
    });
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const seen = buttons.filter((one) => one.offsetParent); // not those inside a folded subprocess
      seen.at((seen.indexOf(button) + step) % seen.length).focus();
    });
    overlays.add(id, 'befund', { position, scale: false, html: button });
    buttons.push(button);
  };
  const folded = new Map();
  for (const [id, rows] of groups) {
    const element = drawn.registry.get(id);
    if (!element) continue;
    drawn.mark(id, faultsOf(rows) ? 'fehler' : 'hinweis');
    add(id, rows, nameOf(rows[0]), corner(element));
    for (const around of foldedAround(drawn, element, whole)) folded.set(around, [...(folded.get(around) ?? []), ...rows]);
  }
  for (const [element, rows] of folded) {
    add(element.id, rows, `im Inneren von ${element.businessObject.name || element.id}`, { top: -14, right: 14 });
  }
  drawn.viewer.get('eventBus').on('canvas.viewbox.changed', () => requestAnimationFrame(() => spread(buttons)));
  spread(buttons);
  drawn.viewer.get('eventBus').on('element.click', ({ element }) => {
    const rows = groups.get((element.labelTarget ?? element).id);
    if (rows) choose(rows[0]);
  });
}

// Marks keep their size when the diagram is made small: one that would lie on another moves to the right of it.
function spread(buttons) {
  buttons.forEach((button) => (button.style.transform = ''));
  const placed = [];
  for (const button of buttons.filter((one) => one.offsetParent)) {
    const { left, right, top, bottom, width } = button.getBoundingClientRect();
    const beside = placed.filter((one) => one.top < bottom && top < one.bottom).sort((one, other) => one.left - other.left);
    let shift = 0;
    for (const one of beside) if (one.left < right + shift && left + shift < one.right) shift = one.right - left;
    if (shift) button.style.transform = `translateX(${shift}px)`;
    placed.push({ left: left + shift, right: left + shift + width, top, bottom });
  }
}

// The folded subprocesses that an element is drawn inside of, from the inside out: each has a sheet of its own.
function foldedAround(drawn, element, whole) {
  const found = [];
  let root = drawn.canvas.findRoot(element);
  while (root !== whole) {
    const around = drawn.registry.get(root.id.replace(/_plane$/, ''));
    if (!around || found.includes(around)) break;
    found.push(around);
    root = drawn.canvas.findRoot(around);
  }
  return found;
}

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
