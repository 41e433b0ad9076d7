// Events, saddles, the study and where the run came from.

/** columns: [heading, row => text, isText]. */
function grid(columns, rows, attributes) {
  const cell = (tag, text, isText) => element(tag, isText ? {class: 'text'} : {}, text);
  return element('div', {class: 'scroll'}, element('table', {class: 'grid'},
      element('thead', {}, element('tr', {}, columns.map(([heading, , isText]) => cell('th', heading, isText)))),
      element('tbody', {}, rows.map((row, i) => element('tr', attributes ? attributes(i) : {},
          columns.map(([, text, isText]) => cell('td', text(row, i), isText)))))));
}

/** Columns with nothing known in any row are left out. */
const filled = (columns, rows) => columns.filter(([, text]) => rows.some((row, i) => text(row, i) !== '–'));

function highlight(index) {
  view.highlight = index;
  for (const plot of plots) plot.chart.redraw(false);
}

function addEvents() {
  const columns = [['#', (e, i) => String(i + 1), true], ['event', (e) => plainWords(e.kind), true],
                   ['time', (e) => moment(e.time)], ['loss', (e) => number(e.loss, 5)],
                   ['‖∇L‖', (e) => number(e.gradient_norm)], ['r', (e) => number(e.proximity)],
                   ['λ min', (e) => number(e.lambda_min)], ['λ max', (e) => number(e.lambda_max)],
                   ['value', (e) => number(e.value)],
                   ['direction', (e) => (e.direction ? run.flags.direction[e.direction] : '–'), true],
                   ['time error', (e) => number(e.time_error, 2)]];
  if (run.events.length) explain(section('events'), eventTerms());
  section('events').append(run.events.length ?
      grid(filled(columns, run.events), run.events,
           (i) => ({onmouseenter: () => highlight(i), onmouseleave: () => highlight(-1)})) :
      element('p', {class: 'empty'}, 'No events were recorded.'));
}

function addSaddles() {
  const count = (value) => (value >= 0 ? String(value) : '–');
  const columns = [['#', (s, i) => String(i + 1), true], [run.catalogue ? 'kind' : 'visit', (s) => visitKind(s), true], ['enter', (s) => moment(s.enter.time)],
                   ['closest', (s) => moment(s.closest.time)], ['leave', (s) => moment(s.leave.time)],
                   ['loss', (s) => number(s.loss, 6)], ['‖∇L‖', (s) => number(s.gradient_norm)],
                   ['r', (s) => number(s.proximity)], ['Newton distance', (s) => number(s.newton_distance)],
                   ['negative', (s) => count(s.negative)], ['zero', (s) => count(s.zero)],
                   ['positive', (s) => count(s.positive)],
                   ['λ min', (s) => number(s.eigenvalues[0])], ['λ max', (s) => number(s.eigenvalues.at(-1))]];
  if (run.catalogue && run.saddles.length) addVisits();
  else if (run.saddles.length) section('saddles').append(element('p', {class: 'note'},
      'Visits, at their closest approach: what the Hessian is there is not yet the index of a critical point; sf-saddles refines the ' +
      'points and classifies them.'));
  if (run.saddles.length) explain(section('saddles'), visitTableTerms());
  section('saddles').append(run.saddles.length ? grid(filled(columns, run.saddles), run.saddles) :
      element('p', {class: 'empty'}, run.rows ? 'The run visited no saddle.' : 'No visits.'));
}

/** TOML with its sections, keys and comments set apart. */
function toml(text) {
  const lines = text.replace(/\n+$/, '').split('\n').flatMap((line) => {
    const key = line.match(/^(\s*[\w."-]+)(\s*=.*)$/);
    if (/^\s*#/.test(line)) return [element('span', {class: 'toml-comment'}, line), '\n'];
    if (/^\s*\[/.test(line)) return [element('span', {class: 'toml-section'}, line), '\n'];
    return key ? [element('span', {class: 'toml-key'}, key[1]), key[2], '\n'] : [line, '\n'];
  });
  return element('pre', {class: 'figure study'}, lines);
}

function addStudy() {
  const parent = section('study');
  if (!run.study && !run.study_as_typed) {
    parent.append(element('p', {class: 'empty'}, 'The run holds no study.'));
    return;
  }
  parent.append(toml(run.study || run.study_as_typed));
  if (run.study && run.study_as_typed && run.study !== run.study_as_typed) {
    parent.append(element('details', {}, element('summary', {}, 'as typed'), toml(run.study_as_typed)));
  }
}

function definitions(pairs) {
  return element('dl', {class: 'list'}, pairs.map(([name, value]) =>
      element('div', {}, element('dt', {}, plainWords(name)), element('dd', {}, value))));
}

function counterText(value) {
  const parsed = Number(value);
  return value.trim() !== '' && Number.isFinite(parsed) ? number(parsed, 6) : value;
}

function addProvenance() {
  const counters = run.counters.map(([name, value]) => [name, counterText(value)]);
  section('provenance').append(definitions([...run.problem, ...counters, ...run.provenance]));
}
