// Shows a Camunda Form, sends what was typed, and shows what the server found at the fields without losing anything.
import { Form } from '@bpmn-io/form-js-viewer';

const GERMAN = {
  'Field is required.': 'Bitte ausfüllen.',
  'Field must match pattern {value}.': 'Die Schreibweise stimmt nicht.',
  'Field must have minimum length of {value}.': 'Mindestens {value} Zeichen.',
  'Field must have maximum length of {value}.': 'Höchstens {value} Zeichen.',
  'Field must have minimum value of {value}.': 'Mindestens {value}.',
  'Field must have maximum value of {value}.': 'Höchstens {value}.',
  'Value must be an integer.': 'Bitte eine ganze Zahl angeben.',
  'Value is not a number.': 'Bitte eine Zahl angeben.',
  'Please select a valid value, the two nearest valid values are {low} and {high}.': 'Möglich sind {low} oder {high}.',
  'Must be a valid email.': 'Bitte eine E-Mail-Adresse angeben.',
  'Field must be a valid email address.': 'Bitte eine E-Mail-Adresse angeben.',
  'Field must be a valid international phone number. (e.g. +4930664040900)': 'Bitte eine Telefonnummer angeben, z. B. +49 5231 9770.',
  Select: 'Bitte wählen',
  Search: 'Suchen',
  'Add new': 'Hinzufügen',
  'Add new {value}': '{value} hinzufügen',
  'Show more': 'Mehr anzeigen',
  'Show all': 'Alle anzeigen',
  Collapse: 'Zuklappen',
  Increment: 'Erhöhen',
  Decrement: 'Verringern',
  'Remove': 'Entfernen',
  'Clear value': 'Leeren',
  'No results': 'Nichts gefunden',
  'Upload': 'Hochladen',
  'mm/dd/yyyy': 'TT.MM.JJJJ',
};

function translate(template, replacements = {}) {
  const text = GERMAN[template] ?? template;
  return text.replace(/\{([^}]+)\}/g, (_, key) => replacements[key] ?? `{${key}}`);
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const holder = document.getElementById('formular');
const outer = document.getElementById('aufgabe-absenden');

async function start() {
  const form = new Form({ container: holder, additionalModules: [{ translate: ['value', translate] }] });
  await form.importSchema(read('formular-schema'), read('formular-daten'));
  const errors = read('formular-fehler');
  if (Object.keys(errors).length) {
    const shown = {};
    for (const [id, message] of Object.entries(errors)) {
      const row = id.match(/^(.*)\[(\d+)\]$/);
      shown[row ? row[1] : id] = [message];
    }
    form._setState({ errors: shown });
    link(form);
  }
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
    outer.submit();
  });
  holder.dataset.bereit = 'ja';
}

function link(form) {
  for (const anchor of document.querySelectorAll('[data-feld]')) {
    anchor.addEventListener('click', (event) => {
      event.preventDefault();
      const id = anchor.dataset.feld.replace(/\[\d+\]$/, '');
      holder.querySelector(`[id*="${CSS.escape(id)}"]`)?.focus();
    });
  }
}

start();
