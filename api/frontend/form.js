// Shows a Camunda Form, sends what was typed, and shows what the server found at the fields without losing anything.
import { Form } from '@bpmn-io/form-js-viewer';
import flatpickr from 'flatpickr';
import { German } from 'flatpickr/dist/l10n/de.js';
import { address, filePicker, newFiles } from './filepicker.js';
import { renewToken, send } from './sending.js';

flatpickr.localize(German);

const GERMAN = {
  'Field is required.': 'Bitte ausfüllen.',
  'Field must match pattern {value}.': 'Die Schreibweise stimmt nicht.',
  'Field must have minimum length of {value}.': 'Mindestens {value} Zeichen.',
  'Field must have maximum length of {value}.': 'Höchstens {value} Zeichen.',
  'Field must have minimum value of {value}.': 'Mindestens {value}.',
  'Field must have maximum value of {value}.': 'Höchstens {value}.',
  'Value is not a number.': 'Bitte eine Zahl angeben.',
  'Value is expected to be an integer.': 'Bitte eine ganze Zahl angeben.',
  'Value is expected to have at most 1 decimal digit.': 'Höchstens eine Nachkommastelle.',
  'Value is expected to have at most {value} decimal digits.': 'Höchstens {value} Nachkommastellen.',
  'Please select a valid value, the two nearest valid values are {previousValue} and {nextValue}.':
    'Möglich sind {previousValue} oder {nextValue}.',
  'Field must be a valid email.': 'Bitte eine E-Mail-Adresse angeben.',
  'Field must be a valid international phone number. (e.g. +4930664040900)': 'Bitte eine Telefonnummer angeben, z. B. +4952319770.',
  'Date and time must both be entered.': 'Bitte Datum und Uhrzeit angeben.',
  'No content to show.': 'Hier gibt es nichts anzuzeigen.',
  "External content couldn't be loaded.": 'Der Inhalt konnte nicht geladen werden.',
  'Nothing to show.': 'Keine Einträge.',
  '{page} of {total}': '{page} von {total}',
  'Previous page': 'Vorige Seite',
  'Next page': 'Nächste Seite',
  'Click to sort by {value} descending': 'Absteigend nach {value} sortieren',
  'Click to sort by {value} ascending': 'Aufsteigend nach {value} sortieren',
  'Click to remove sorting': 'Sortierung aufheben',
  'Document reference is not defined.': 'Im Formular ist nicht angegeben, welche Datei gezeigt wird.',
  'Unable to download document': 'Die Datei konnte nicht geladen werden.',
  'Download {fileName}': '„{fileName}“ herunterladen',
  'Skip to search': 'Zur Suche springen',
  'Remove tag': 'Auswahl entfernen',
  Search: 'Suchen',
  'No results': 'Nichts gefunden',
  'All values selected': 'Alle sind ausgewählt',
  'Add new': 'Hinzufügen',
  'Expand all ({value})': 'Alle {value} zeigen',
  Collapse: 'Zuklappen',
  Increment: 'Erhöhen',
  Decrement: 'Verringern',
};

function translate(template, replacements = {}) {
  const text = GERMAN[template] ?? template;
  return text.replace(/\{([^}]+)\}/g, (_, key) => replacements[key] ?? `{${key}}`);
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const holder = document.getElementById('formular');
const outer = document.getElementById('aufgabe-absenden');

async function start() {
  const documents = { documentEndpointBuilder: ['value', { buildUrl: address }] };
  const form = new Form({ container: holder, additionalModules: [{ translate: ['value', translate] }, documents, filePicker] });
  await form.importSchema(read('formular-schema'), read('formular-daten'));
  const errors = read('formular-fehler');
  if (Object.keys(errors).length) showErrors(form, errors);
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
  holder.dataset.bereit = 'ja';
}

function showErrors(form, errors) {
  const shown = {};
  for (const [id, message] of Object.entries(errors)) {
    const row = id.match(/^(.*)\[(\d+)\]$/);
    shown[row ? row[1] : id] = [message];
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
      const id = anchor.dataset.feld.replace(/\[\d+\]$/, '');
      holder.querySelector(`[id*="${CSS.escape(id)}"]`)?.focus();
    });
  }
}

start();
