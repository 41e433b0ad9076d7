// What a reader chooses from lists: kept in the address like axes and zoom (address.js).

/** id -> {options: [[value, words]], start, value}; the ids are names in the address. */
const choices = new Map();

const chosenValue = (id) => choices.get(id).value;

/** A list with its label. What is drawn from the choice is drawn anew by refresh(). */
function choice(id, label, options, start) {
  const list = element('select', {id: `choice-${id}`, onchange: () => {
    choices.get(id).value = list.value;
    refresh();
  }}, options.map(([value, words]) => element('option', {value}, words)));
  choices.set(id, {options, start, value: start, list});
  list.value = start;
  return element('label', {class: 'switch'}, label, list);
}

function readChoices(parameters) {
  for (const [id, one] of choices) {
    const found = parameters.get(id);
    one.value = one.options.some(([value]) => value === found) ? found : one.start;
    one.list.value = one.value;
  }
}

/** Those that differ from what the page opens with. */
const choicesAsAddress = () => [...choices].filter(([, {value, start}]) => value !== start).map(([id, {value}]) => `${id}=${encodeURIComponent(value)}`);
