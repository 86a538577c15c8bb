// The unmodified form-js viewer, driven as a person drives it: through its inputs and buttons. Bundled for the tests only.
import { Form } from '@bpmn-io/form-js-viewer';
import { options } from 'preact';

// Effects run after the next message instead of the next frame, so that thousands of forms can be filled in a minute.
const waiting = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => waiting.shift()();
const soon = (run) => { waiting.push(run); channel.port2.postMessage(0); };
options.requestAnimationFrame = soon;
const tick = () => new Promise((done) => soon(done));

const QUIET_TICKS = 5;
const RERUNS = 4;
// What the page would say is kept as its template, so that the rule can be told from it.
const translate = (template) => template;

const holder = document.getElementById('form');
let form;
let changes = 0;

async function settled() {
  for (let quiet = 0; quiet < QUIET_TICKS; ) {
    const before = changes;
    await tick();
    quiet = changes === before ? quiet + 1 : 0;
    if (changes > 5000) throw new Error('the form never comes to rest');
  }
}

const domId = ({ id, at }) => ['fjs-form', form._id, id].join('-') + (at || []).map((index) => `_${index}`).join('');
const element = (action, suffix = '') => document.getElementById(domId(action) + suffix);
const usable = (node) => node && !node.disabled && !node.readOnly;
const fire = (node, name, Kind = Event) => node.dispatchEvent(new Kind(name, { bubbles: true, cancelable: true }));

async function write(node, text) {
  if (!usable(node)) return false;
  node.focus();
  await settled();
  node.value = text;
  fire(node, 'input', InputEvent);
  await settled();
  node.blur();
  return true;
}

function press(node) {
  if (!usable(node)) return false;
  node.click();
  return true;
}

const listOf = (action) => holder.querySelector(`[aria-labelledby="${domId(action)}"]`);

const HOW = {
  write: (action) => write(element(action), action.value),
  date: (action) => write(element(action, '-date'), action.value),
  time: (action) => write(element(action, '-time'), action.value),
  tick: (action) => press(element(action)),
  choose: (action) => press(element(action, `-${action.value}`)),
  async pick(action) {
    const input = element(action);
    if (!usable(input)) return false;
    const group = input.closest('.fjs-input-group');
    fire(group, 'mousedown', MouseEvent);
    await settled();
    const found = group.parentNode.querySelectorAll('.fjs-dropdownlist-item')[action.value];
    if (found) fire(found, 'mousedown', MouseEvent);
    await settled();
    input.blur();
    return Boolean(found);
  },
  unpick(action) {
    const cross = element(action)?.closest('.fjs-input-group')?.querySelector('.fjs-select-cross');
    return Boolean(cross) && fire(cross, 'mousedown', MouseEvent) !== null;
  },
  async tag(action) {
    const input = element(action);
    if (!usable(input)) return false;
    input.focus();
    await settled();
    const found = input.closest('.fjs-form-field').querySelectorAll('.fjs-dropdownlist-item')[action.value];
    if (found) fire(found, 'mousedown', MouseEvent);
    await settled();
    input.blur();
    return Boolean(found);
  },
  untag: (action) => press(element(action)?.closest('.fjs-form-field').querySelectorAll('.fjs-taglist-tag-remove')[action.value]),
  file(action) {
    const input = element(action);
    if (!usable(input)) return false;
    const files = new DataTransfer();
    for (const name of action.value) files.items.add(new File(['x'], name, { type: 'application/pdf' }));
    input.files = files.files;
    fire(input, 'change');
    return true;
  },
  add: (action) => press(listOf(action)?.querySelector(':scope > .fjs-repeat-render-footer > .fjs-repeat-render-add')),
  remove: (action) => press(listOf(action)?.querySelector(
    `:scope > .fjs-children > div:nth-child(${action.value + 1}) > .fjs-repeat-row-container > .fjs-repeat-row-remove`)),
};

const key = (id, at) => [id, ...(at || [])].join('_');

function shown() {
  return form.get('formFieldInstanceRegistry').getAllKeyed().map(({ id, indexes }) => key(id, Object.values(indexes || {})));
}

const at = (data, path) => path.reduce((value, part) => value?.[part], data);
const put = (data, path, value) => {
  const last = path.length - 1;
  const inner = path.slice(0, last).reduce((target, part) => (target[part] ??= {}), data);
  inner[path[last]] = value;
};
const nothing = (value) => value == null || value === '' || value === false || (Array.isArray(value) && !value.length);

/** What expressions still see of fields and rows that nobody sees: the server never learns of these. */
function leaks() {
  const registry = form.get('formFieldRegistry');
  const paths = form.get('pathRegistry');
  const state = form._getState();
  const marked = structuredClone(state.data);
  const mark = (field, indexes) => {
    const path = paths.getValuePath(field, { indexes });
    if (field.type === 'dynamiclist') (at(state.data, path) || []).forEach((_, row) => field.components.forEach((child) => mark(child, { ...indexes, [field.id]: row })));
    else if (field.components) field.components.forEach((child) => mark(child, indexes));
    else if (field.key) put(marked, path, 'here');
  };
  registry.getForm().components.forEach((component) => mark(component, {}));
  const seen = form.get('conditionChecker').applyConditions(marked, state.data);
  const visible = new Set(shown());
  const sent = form._getSubmitData();
  const found = [];
  const look = (field, indexes) => {
    const path = paths.getValuePath(field, { indexes });
    if (field.type === 'dynamiclist') {
      // Rows at the end in which nobody sees a field are not sent: nobody can tell how many there are.
      const rows = (at(state.data, path) || []).length;
      if (rows !== (at(sent, path) || at(state.initialData, path) || []).length) found.push(field.id);
      (at(state.data, path) || []).forEach((_, row) => field.components.forEach((child) => look(child, { ...indexes, [field.id]: row })));
    } else if (field.components) {
      field.components.forEach((child) => look(child, indexes));
    } else if (field.key) {
      const name = key(field.id, Object.values(indexes));
      const inRow = Object.keys(indexes).length > 0;
      const [kept, began] = [at(state.data, path), at(state.initialData, path)];
      const changed = inRow && JSON.stringify(kept) !== JSON.stringify(began) && !(nothing(kept) && nothing(began));
      if (visible.has(name) !== (at(seen, path) === 'here') || (!visible.has(name) && changed)) found.push(name);
    }
  };
  registry.getForm().components.forEach((component) => look(component, {}));
  return found;
}

async function fill(schema, data, actions) {
  form?.destroy();
  changes = 0;
  form = new Form({ container: holder, debounce: false, additionalModules: [{ translate: ['value', translate] }] });
  const faults = [];
  form.on('changed', () => { changes += 1; });
  form.on('error', ({ error }) => { faults.push(String(error)); });
  await form.importSchema(schema, data);
  await settled();
  for (const action of actions) {
    action.done = Boolean(await HOW[action.do](action));
    await settled();
  }
  return faults;
}

/** A person who types something more somewhere: expressions that were computed from old values are computed again. */
async function touched() {
  for (let round = 0, before = null; round < 12; round += 1) {
    form.get('eventBus').fire('field.updated', {});
    form._setState({});
    await settled();
    const now = JSON.stringify(form._getState().data);
    if (now === before) return;
    before = now;
  }
  throw new Error('the expressions never come to rest');
}

/** For a person with a keyboard: the form stands there, and what it would send can be asked. */
globalThis.show = async ({ schema, data }) => { await fill(schema, data, []); };
globalThis.submitted = async () => {
  await settled();
  const { data, errors } = form.submit();
  return JSON.stringify({ data, errors, shown: shown(), leaks: leaks(), stale: false, raw: form._getState().data, faults: [], done: [] });
};

globalThis.run = async ({ schema, data, actions, steady = true }) => {
  let kept = actions;
  let faults;
  for (let round = 0; ; round += 1) {
    faults = await fill(structuredClone(schema), structuredClone(data), kept);
    const first = JSON.stringify(form._getState().data);
    if (steady) await touched();
    const visible = new Set(shown());
    const left = kept.filter((action) => !action.done || HOW[action.do] === HOW.add || HOW[action.do] === HOW.remove || visible.has(key(action.id, action.at)));
    if (left.length === kept.length || round === RERUNS) {
      const stale = first !== JSON.stringify(form._getState().data);
      for (let round = 0; steady && round < 2; round += 1) {
        form.submit();
        await settled();
        await touched();
      }
      const { data: submitted, errors } = form.submit();
      return JSON.stringify({ data: submitted, errors, shown: shown(), leaks: leaks(), stale, raw: form._getState().data, faults, done: kept.map((action) => action.done) });
    }
    kept = left;
  }
};

/** The FEEL of the viewer alone: each expression over each context. */
globalThis.feel = (expressions, context) => JSON.stringify(expressions.map((expression) => {
  const value = form.get('expressionLanguage').evaluate(expression, context);
  return value === undefined ? null : value;
}));

/** Which of the names the viewer's FEEL knows as functions. */
globalThis.known = (names) => JSON.stringify(names.filter((name) => typeof form.get('expressionLanguage').evaluate(`=${name}`, {}) === 'function'));

/** Whether the viewer finds fault with values of the fields of the form on the page, one row of values after another. */
globalThis.judged = ({ fields, rows }) => {
  const validator = form.get('validator');
  const instances = fields.map((id) => form.get('formFieldInstanceRegistry').getAllKeyed().find((instance) => instance.id === id));
  return rows.map((row) => row.map((value, number) => validator.validateFieldInstance(instances[number], value).length > 0));
};
