// The file picker of our forms: in German, by keyboard, with every chosen file by name, kept ones as downloads, and wrong ones told at once.
// Its value is the list that the process keeps: references to kept files, and for new ones the key under which their bytes are sent.
import { Errors, Label, useExpressionEvaluation, useSingleLineTemplateEvaluation, FormContext } from '@bpmn-io/form-js-viewer';
import { h } from 'preact';
import { useContext, useRef, useState } from 'preact/hooks';

const PREFIX = 'files::';
const MEGABYTE = 1024 * 1024;
const limits = document.getElementById('formular')?.dataset ?? {};
const numbers = new Intl.NumberFormat('de-DE', { maximumFractionDigits: 1 });

export const address = (file) => `${location.origin}/dateien/${encodeURIComponent(file.documentId.slice(PREFIX.length))}`;

export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} Byte`;
  return bytes < MEGABYTE ? `${numbers.format(Math.round(bytes / 1024))} KB` : `${numbers.format(bytes / MEGABYTE)} MB`;
}

function problem(file, kinds) {
  const suffix = /[^.]\.([^.]+)$/.exec(file.name)?.[1].toLowerCase();
  if (!suffix || !kinds.includes(suffix)) return `„${file.name}“: Dateien dieser Art werden nicht angenommen. Möglich sind ${kinds.join(', ').toUpperCase()}.`;
  if (!file.size) return `„${file.name}“: Die Datei ist leer.`;
  if (file.size > limits.dateiMb * MEGABYTE) return `„${file.name}“: Die Datei ist größer als ${limits.dateiMb} MB.`;
  return null;
}

// Whether the file is still there: kept (it has a hash), or new and its bytes are in this window.
const isThere = (registry) => (file) => file?.contentHash || registry.hasKey(file?.documentId);

export function FilePicker({ field, value, onChange, domId, errors = [], disabled, readonly }) {
  const registry = useContext(FormContext).getService('fileRegistry');
  const input = useRef(null);
  const [told, setTold] = useState([]);
  const accept = useSingleLineTemplateEvaluation(field.accept ?? '', {});
  const computed = useExpressionEvaluation(typeof field.multiple === 'string' ? field.multiple : '');
  const several = typeof field.multiple === 'string' ? computed === true : Boolean(field.multiple);
  const files = (Array.isArray(value) ? value : []).filter(isThere(registry));
  const fixed = disabled || readonly;
  const change = (list) => onChange({ value: list.length ? list : null });

  const choose = ({ target }) => {
    const chosen = Array.from(target.files);
    target.value = '';
    if (!chosen.length) return;
    const wrong = chosen.map((file) => problem(file, limits.arten.split(' '))).filter(Boolean);
    setTold(wrong);
    if (wrong.length) return;
    const added = chosen.map((file) => {
      const documentId = PREFIX + crypto.randomUUID().slice(0, 8) + Date.now().toString(36);
      registry.setFiles(documentId, [file]);
      return { documentId, metadata: { contentType: file.type, fileName: file.name, size: file.size } };
    });
    change(several ? [...files, ...added] : added.slice(0, 1));
  };
  const remove = (gone) => {
    setTold([]);
    registry.deleteFiles(gone.documentId);
    change(files.filter((file) => file !== gone));
    document.getElementById(domId)?.focus();
  };

  const shown = [...told, ...errors];
  const button = several && files.length ? 'Weitere Datei auswählen' : files.length ? 'Andere Datei auswählen' : several ? 'Dateien auswählen' : 'Datei auswählen';
  const classes = ['fjs-form-field fjs-form-field-filepicker', shown.length && 'fjs-has-errors', disabled && 'fjs-disabled', readonly && 'fjs-readonly'];
  return h('div', { class: classes.filter(Boolean).join(' ') }, [
    h(Label, { id: `${domId}-label`, htmlFor: fixed ? undefined : domId, label: field.label, required: field.validate?.required }),
    h('ul', { class: 'dateien', 'aria-label': `Ausgewählt für ${field.label ?? field.key}`, hidden: !files.length }, files.map((file) =>
      h('li', { key: file.documentId }, [
        file.contentHash ? h('a', { href: address(file), download: true }, file.metadata.fileName) : h('span', null, file.metadata.fileName),
        h('span', { class: 'gedeckt' }, ` (${sizeText(Number(file.metadata.size))})`),
        fixed ? null : h('button', { type: 'button', class: 'leise', 'aria-label': `„${file.metadata.fileName}“ entfernen`, onClick: () => remove(file) }, 'Entfernen'),
      ]),
    )),
    fixed && !files.length ? h('p', { class: 'gedeckt' }, 'Keine Datei.') : null,
    fixed ? null : h('div', { class: 'dateiwahl' }, [
      h('input', {
        type: 'file', ref: input, hidden: true, tabIndex: -1, 'aria-hidden': 'true', multiple: several,
        accept: accept || limits.arten.split(' ').map((suffix) => `.${suffix}`).join(','), onChange: choose, 'data-dateifeld': field.id,
      }),
      h('button', {
        type: 'button', id: domId, class: 'leise', 'aria-labelledby': `${domId}-label ${domId}`, 'aria-invalid': shown.length > 0,
        'aria-describedby': `${domId}-hint ${domId}-error-message`, onClick: () => input.current.click(),
      }, button),
      h('span', { id: `${domId}-hint`, class: 'gedeckt' }, `${several ? 'Mehrere möglich, je' : ''} bis ${limits.dateiMb} MB${accept ? `, nur ${accept.split(',').join(', ')}` : ''}`.trim()),
    ]),
    h(Errors, { id: `${domId}-error-message`, errors: shown }),
  ]);
}
FilePicker.config = { type: 'filepicker', keyed: true, name: 'Dateiauswahl', group: 'basic-input', emptyValue: null, create: (options = {}) => ({ ...options }) };

class OurFilePicker {
  static $inject = ['formFields'];

  constructor(formFields) {
    formFields.register('filepicker', FilePicker);
  }
}
export const filePicker = { __init__: ['ourFilePicker'], ourFilePicker: ['type', OurFilePicker] };

// Return key -> the bytes of each new file that the data still refers to.
export function newFiles(data, registry) {
  const found = new Map();
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (value && typeof value === 'object') {
      if (registry.hasKey(value.documentId)) found.set(value.documentId, registry.getFiles(value.documentId));
      Object.values(value).forEach(walk);
    }
  };
  walk(data);
  return found;
}
