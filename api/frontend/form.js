// Shows a Camunda Form, sends what was typed, and shows what the server found at the fields without losing anything.
import { Form } from '@bpmn-io/form-js-viewer';
import flatpickr from 'flatpickr';
import { German } from 'flatpickr/dist/l10n/de.js';
import { address, filePicker, newFiles } from './filepicker.js';
import { translate } from './german.js';
import { renewToken, send } from './sending.js';

flatpickr.localize(German);

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const holder = document.getElementById('formular');
const outer = document.getElementById('aufgabe-absenden');

async function start() {
  const documents = { documentEndpointBuilder: ['value', { buildUrl: address }] };
  const additionalModules = [{ translate: ['value', translate] }, documents, filePicker];
  // Without waiting: what is typed and not yet taken over is lost when another field draws the form anew.
  const form = new Form({ container: holder, additionalModules, debounce: false });
  await form.importSchema(read('formular-schema'), read('formular-daten'));
  const errors = read('formular-fehler');
  // At first the viewer checks each field by itself and would take the server's messages away again.
  if (Object.keys(errors).length) painted().then(() => showErrors(form, errors));
  outer.addEventListener('submit', (event) => {
    event.preventDefault();
    const { data, errors: found } = form.submit();
    const count = Object.keys(found).length;
    const told = document.getElementById('formular-meldung');
    if (count) {
      told.textContent = count === 1 ? 'Ein Feld ist noch zu berichtigen.' : `${count} Felder sind noch zu berichtigen.`;
      told.hidden = false;
      holder.querySelector('[aria-invalid="true"], .fjs-has-errors input, .fjs-has-errors textarea')?.focus();
      return;
    }
    outer.elements.namedItem('daten').value = JSON.stringify(data);
    const files = newFiles(data, form.get('fileRegistry'));
    if (files.size) sendAndStay(form, files);
    else outer.submit();
  });
  // A submit button drawn in the form sends it, for whoever may send it at all.
  holder.addEventListener('submit', ({ submitter }) => {
    if (submitter && document.querySelector('#erledigen, button[form="aufgabe-absenden"], #aufgabe-absenden button')) outer.requestSubmit();
  });
  holder.dataset.bereit = 'ja';
}

// After what the viewer does once its fields are painted.
async function painted() {
  for (let frame = 0; frame < 2; frame += 1) await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => setTimeout(done));
}

// What the server calls a place, `id[row][row]`, in its parts.
function placed(place) {
  return { id: place.replace(/(\[\d+\])+$/, ''), rows: [...place.matchAll(/\[(\d+)\]/g)].map((found) => Number(found[1])) };
}

function showErrors(form, errors) {
  const shown = {};
  for (const [place, message] of Object.entries(errors)) {
    const { id, rows } = placed(place);
    // The viewer keeps the messages of a field in a dynamic list in arrays by row, one within another.
    const path = [id, ...rows];
    const last = path.pop();
    path.reduce((target, part) => (target[part] ??= []), shown)[last] = [message];
  }
  form._setState({ errors: shown });
  link();
}

// Send files beside what was typed. The page stays until the server has accepted both.
async function sendAndStay(form, files) {
  const told = document.getElementById('formular-meldung');
  const button = document.querySelector('#erledigen, button[form="aufgabe-absenden"]');
  const label = button.textContent;
  document.querySelector('[data-fehlerliste]')?.remove();
  told.hidden = true;
  button.disabled = true;
  button.textContent = 'Wird gesendet …';
  if (outer.dataset.abgemeldet) await renewToken(outer);
  const answer = await send(outer, files, holder.dataset.formularMb);
  if (answer.to) return location.assign(answer.to);
  button.disabled = false;
  button.textContent = label;
  outer.dataset.abgemeldet = answer.stale ? 'ja' : '';
  if (answer.told) {
    told.textContent = answer.told;
    told.hidden = false;
    return;
  }
  if (!answer.page.getElementById('formular')) {
    document.querySelector('main').replaceWith(answer.page.querySelector('main'));
  } else {
    (holder.closest('.neben') ?? holder.closest('section')).before(answer.page.querySelector('[data-fehlerliste]'));
    showErrors(form, JSON.parse(answer.page.getElementById('formular-fehler').textContent));
  }
  document.querySelector('[data-fehlerliste]')?.focus();
}

function link() {
  for (const anchor of document.querySelectorAll('a[data-feld]')) {
    anchor.addEventListener('click', (event) => {
      event.preventDefault();
      const { id, rows } = placed(anchor.dataset.feld);
      const end = CSS.escape(['', id, ...rows].join('_').slice(1));
      holder.querySelector(`[id$="-${end}"], [id*="-${end}-"]:is(input, textarea, select, button)`)?.focus();
    });
  }
}

start();
