// Every text that form-js hands to its translation; a test compares them with its source.
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
  'Min validation value is not a valid number.': 'Die untere Grenze ist keine Zahl. Bitte das Formular berichtigen lassen.',
  'Max validation value is not a valid number.': 'Die obere Grenze ist keine Zahl. Bitte das Formular berichtigen lassen.',
  "binding path '{value}' is already claimed": 'Der Schlüssel „{value}“ kommt zweimal vor. Bitte das Formular berichtigen lassen.',
  Increment: 'Erhöhen',
  Decrement: 'Verringern',
};

const german = (value) => (/^-?\d+\.\d+$/.test(value) ? String(value).replace('.', ',') : value);

// What the viewer says, in German; numbers with a comma.
export function translate(template, replacements = {}) {
  const text = GERMAN[template] ?? template;
  return text.replace(/\{([^}]+)\}/g, (_, key) => german(replacements[key]) ?? `{${key}}`);
}
