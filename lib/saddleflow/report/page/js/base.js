// The run's data, what the page tells of itself, and the few lines that build elements.

const run = JSON.parse(document.getElementById('run-data').textContent);

/** Written into the attributes of <body>: what was drawn, and what went wrong. */
const outcome = {errors: 0, messages: []};

function noteError(error) {
  outcome.errors += 1;
  outcome.messages.push(String((error && error.stack) || error));
  document.body.dataset.errors = outcome.errors;
  document.body.dataset.messages = outcome.messages.join('\n').slice(0, 2000);
}
addEventListener('error', (event) => noteError(event.error || event.message));
addEventListener('unhandledrejection', (event) => noteError(event.reason));

/** element('p', {class: 'note'}, 'text', child...); text never becomes markup. */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** svg('path', {d: '...'}, child...) */
function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const section = (id) => document.getElementById(id);

/** What the reader has chosen; kept in the address so that a view can be passed on (address.js). */
const view = {x: run.time_axis, y: {}, theme: '', zoom: null, highlight: -1, round: null};

const plainWords = (name) => name.replaceAll('_', ' ');
