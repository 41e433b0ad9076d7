// The runs of a sweep: what became of them, the failures, and a table that can be sorted.

/** [heading, row => value, value => text, isText] of all columns that the table may have. */
function sweepTableColumns() {
  const {runs, columns, scalars} = run.sweep, main = ['final_time', 'final_loss', 'test_loss', 'test_error', 'escape_time', 'visit_count', 'jump_count', 'wall_seconds'];
  const ofScalar = ({name, values}) => [plainWords(name), (row) => values[row], (value) => number(value, 6)];
  const shown = scalars.filter(({values}) => values.some(known)), rank = ({name}) => main.indexOf(name);
  const first = shown.filter((scalar) => rank(scalar) >= 0).sort((a, b) => rank(a) - rank(b)), others = shown.filter((scalar) => rank(scalar) < 0);
  const plain = (values) => [(row) => values[row], (value) => value || '–', true];
  return [['run', (row) => runs.number[row], String], ['name', ...plain(runs.name)],
          ...columns.map((column) => [column.key, (row) => column.values[row], (value) => (value === null ? '–' : valueText(value)), column.text]),
          ['state', ...plain(runs.state)], ['ended', ...plain(runs.stopped)], ...first.map(ofScalar),
          ...(chosenValue('columns') === 'all' ? others.map(ofScalar) : [])];
}

/** Heading and direction; the order of the file to begin with. */
const order = {heading: 'run', down: false};

/** Rows in the order of a column; what is not known comes last either way. */
function sortedRows(rows, [, of], down) {
  const unknown = (value) => value === null || value === undefined || value === '';
  return [...rows].sort((a, b) => {
    const left = of(a), right = of(b);
    if (unknown(left) || unknown(right)) return unknown(left) - unknown(right) || a - b;
    const sign = left < right ? -1 : left > right ? 1 : 0;
    return (down ? -sign : sign) || a - b;
  });
}

function drawRunTable() {
  const columns = sweepTableColumns(), chosen = columns.find(([heading]) => heading === order.heading) ?? columns[0], rows = sortedRows(filteredRows(), chosen, order.down);
  const table = grid(columns.map(([heading, of, text, isText]) => [heading, (row) => text(of(row)), isText]), rows, (i) => ({'data-run': run.sweep.runs.number[rows[i]]}));
  table.classList.add('tall');
  table.querySelectorAll('th').forEach((cell, k) => {
    const [heading] = columns[k], sorted = heading === chosen[0];
    if (sorted) cell.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    cell.replaceChildren(element('button', {type: 'button', onclick: () => {
      order.down = sorted && !order.down;
      order.heading = heading;
      drawRunTable();
    }}, heading, sorted ? (order.down ? ' ▼' : ' ▲') : ''));
  });
  section('run-table').replaceChildren(table);
}

const runTableRows = () => {
  const columns = sweepTableColumns();
  return [columns.map(([heading]) => heading), ...filteredRows().map((row) => columns.map(([, of]) => of(row)))];
};

function addRunTable(parent) {
  const button = element('button', {type: 'button', 'data-save': 'CSV', 'aria-label': 'save the runs as CSV', onclick: () =>
    save(`${fileName('runs')}.csv`, csvText(runTableRows()), 'text/csv')}, 'CSV');
  parent.append(element('p', {class: 'choices'}, choice('columns', 'columns', [['main', 'main results'], ['all', 'all results']], 'main'), element('span', {class: 'save'}, button)),
                element('div', {id: 'run-table'}));
}

function addAxes(parent) {
  const columns = [['key', (c) => c.key, true], ['role', (c) => ({axis: 'axis', seed: 'seed', value: 'computed'}[c.role]), true], ['values', (c) => String(valuesOf(c).length)],
                   ['', (c) => shortList(valuesOf(c).map(valueText)), true]];
  parent.append(run.sweep.columns.length ? grid(columns, run.sweep.columns) : element('p', {class: 'empty'}, 'The sweep has no axis.'));
}

/** The table of runs has all of them, sorted by state. */
const namesOfState = 20;

/** Failed runs with what the tool said; those that are not there, by their names. */
function addFailures(parent) {
  const {runs, states} = run.sweep, of = (state) => [...Array(runCount()).keys()].filter((row) => runs.state[row] === state), failed = of('failed');
  parent.append(failed.length ? grid([['run', (row) => String(runs.number[row])], ['name', (row) => runs.name[row], true], ['ended', (row) => runs.stopped[row] || '–', true],
                                      ['message', (row) => runs.message[row] || '–', true]], failed) : element('p', {class: 'empty'}, of('finished').length === runCount() ? 'All runs have finished.' : 'No run has failed.'));
  for (const state of states.filter((name) => !['failed', 'finished'].includes(name))) {
    const rows = of(state);
    if (rows.length) parent.append(element('p', {class: 'note below-table', 'data-state': state}, element('b', {}, `${capital(state)}, ${rows.length}: `),
                                           shortList(rows.map((row) => runs.name[row]), namesOfState)));
  }
}
