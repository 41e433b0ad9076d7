// The runs of a sweep: which are shown, how they are grouped, and what groups have in common.

const sweepColumn = (name) => run.sweep.columns.find((column) => column.name === name);
const isSeed = ({role}) => role === 'seed';
const runCount = () => run.sweep.runs.number.length;

/** Different values of a column: numbers ascending, texts in the order of the runs. */
function valuesOf(column) {
  const values = [...new Set(column.values)].filter((value) => value !== null);
  return column.text ? values : values.sort((a, b) => a - b);
}

const valueText = (value) => (typeof value === 'string' ? value : number(value, 6));

/** The columns of the sweep in which its runs differ. */
const varyingColumns = () => run.sweep.columns.filter((column) => valuesOf(column).length > 1);
const varyingAxes = () => varyingColumns().filter(({role}) => role === 'axis');

/** Rows that the chosen values of the axes leave, whatever became of the runs. */
function filteredRows() {
  const filters = varyingAxes().map((column) => [column, chosenValue(`only.${column.name}`)]).filter(([, only]) => only !== '');
  return [...Array(runCount()).keys()].filter((row) => filters.every(([column, only]) => String(column.values[row]) === only));
}

/** Of these the runs whose results count: finished ones, or all that have a file. */
function shownRows() {
  const states = run.sweep.runs.state, all = chosenValue('runs') === 'all';
  return filteredRows().filter((row) => (all ? states[row] !== 'missing' : states[row] === 'finished'));
}

/** [{value, label, rows}]; one group of all rows where there is no column of that name. */
function groupsOf(name, rows) {
  const column = sweepColumn(name);
  if (!column) return [{value: null, label: 'all runs', rows}];
  return valuesOf(column).map((value) => ({value, label: `${column.key} = ${valueText(value)}`, rows: rows.filter((row) => column.values[row] === value)}))
      .filter((group) => group.rows.length);
}

/** Between two of the sorted values the quantile is linear. */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1), low = Math.floor(at), high = Math.ceil(at);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** Of the values that are known; null where none is. */
function spread(values) {
  const sorted = values.filter(known).sort((a, b) => a - b), count = sorted.length;
  if (!count) return {count, median: null, low: null, high: null, lower: null, upper: null};
  return {count, median: quantile(sorted, 0.5), low: sorted[0], high: sorted[count - 1], lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75)};
}

/** The line through the logarithms of positive points by least squares: y = factor x^exponent. `error` is the standard error of the
    exponent, known from three points on; null where there are no two different abscissas. */
function powerLaw(points) {
  const logs = points.filter(({x, y}) => known(x) && known(y) && x > 0 && y > 0).map(({x, y}) => [Math.log(x), Math.log(y)]), n = logs.length;
  const mean = (k) => logs.reduce((sum, pair) => sum + pair[k], 0) / n, x = mean(0), y = mean(1);
  const across = logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  if (n < 2 || !(across > 0)) return null;
  const exponent = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / across, offset = y - exponent * x;
  const rest = logs.reduce((sum, [a, b]) => sum + (b - offset - exponent * a) ** 2, 0);
  return {exponent, factor: Math.exp(offset), error: n > 2 ? Math.sqrt(rest / (n - 2) / across) : null, count: n};
}

/** Of jumps, visits, layers and the like as many have results of their own; later ones are few. */
const numberedResults = 4;

/** All results with one number a run: [{name, label, long_name, values}], those that no run has left out. */
function makeSweepResults() {
  const {visits, scalars} = run.sweep, rows = [...Array(runCount()).keys()];
  const results = scalars.map((scalar) => ({...scalar, label: plainWords(scalar.name)}));
  const add = (name, label, long_name, of) => results.push({name, label, long_name, values: rows.map((row) => {
    const value = of(row);
    return known(value) ? value : null;
  })});
  for (let k = 0; k < numberedResults; k += 1) {
    add(`jump_time.${k + 1}`, `time of jump ${k + 1}`, `time of the fastest descent of jump ${k + 1}`, (row) => visits.jump[row][k]);
    add(`visit_loss.${k + 1}`, `loss of visit ${k + 1}`, `loss at the closest approach of visit ${k + 1}`, (row) => visits.loss[row][k]);
    add(`visit_stay.${k + 1}`, `length of visit ${k + 1}`, `time from the beginning of visit ${k + 1} to its end`, (row) =>
        (known(visits.leave[row][k]) && known(visits.enter[row][k]) ? visits.leave[row][k] - visits.enter[row][k] : null));
  }
  for (const {name, long_name, values} of run.sweep.lists) {
    for (let k = 0; k < numberedResults; k += 1) add(`${name}.${k + 1}`, `${plainWords(name)} ${k + 1}`, `${long_name}, number ${k + 1}`, (row) => values[row][k]);
  }
  return results.filter(({values}) => values.some(known));
}

let madeResults = null;
const sweepResults = () => (madeResults ??= makeSweepResults());
const sweepResult = (name) => sweepResults().find((result) => result.name === name);

/** What statistics are taken over, in words: the seeds, and the axes that are neither the group nor fixed. */
function pooledWords(...named) {
  const pooled = varyingColumns().filter((column) => column.role !== 'value' && !named.includes(column.name) &&
                                                     !(column.role === 'axis' && chosenValue(`only.${column.name}`) !== ''));
  const seeds = pooled.filter(isSeed).map(({key}) => key), others = pooled.filter((column) => !isSeed(column)).map(({key}) => key);
  const words = [seeds.join(', '), others.length ? `all values of ${others.join(', ')}` : ''].filter(Boolean);
  return words.join(' and over ') || 'the runs of a group';
}

/** Of many groups the hue rises with the place. */
const groupColour = (index, count) => (count <= 6 ? colour(palette[1 + index % 6]) : `hsl(${Math.round(235 - (215 * index) / (count - 1))} 62% ${isDark() ? 64 : 42}%)`);

/** The same colour, seen through. */
function faded(text, share) {
  probe.style.color = text;
  return `rgba(${channels(getComputedStyle(probe).color).join(', ')}, ${share})`;
}
