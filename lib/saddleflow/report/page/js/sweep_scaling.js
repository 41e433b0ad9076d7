// Any result of a sweep over any of its numeric axes, with the exponent of the power law through the medians.

const numericColumns = () => varyingColumns().filter(({text}) => !text);

/** What the choices ask for: a series for each value of the second axis. */
function scalingSeries() {
  const result = sweepResult(chosenValue('result')), over = sweepColumn(chosenValue('over'));
  const groups = groupsOf(chosenValue('by'), shownRows());
  return groups.map(({label, value, rows}, index) => {
    const points = groupsOf(over.name, rows).map((group) => ({x: group.value, ...spread(group.rows.map((row) => result.values[row]))}));
    const lacking = rows.filter((row) => !known(result.values[row])).length;
    return {name: label, value, index, lacking, stroke: groupColour(index, groups.length), points,
            law: powerLaw(points.map(({x, median}) => ({x, y: median})))};
  });
}

/** A logarithm is taken where it was asked for and some value has one. */
const wantsLog = (id, values) => chosenValue(id) === 'log' && values.some((value) => value > 0);

/** The points that the axes can show. */
const visiblePoints = (points, logX, logY) => points.filter((point) => point.count && !(logX && !(point.x > 0)) && !(logY && !(point.median > 0)));

/** Ends of the fitted line, where both axes are logarithmic and it is straight. */
const fitEnds = ({law, points}, logarithmic) => (law && logarithmic && points.length ?
    [points[0].x, points.at(-1).x].map((x) => [x, law.factor * x ** law.exponent]) : null);

function scalingReadout(abscissa, series, index, key) {
  if (index === null || index === undefined) return series.map(({name, stroke}) => element('span', {}, element('i', {class: 'swatch', style: `background:${stroke}`}), name));
  const at = (points) => points.find(({x}) => x === abscissa[index]);
  return [element('span', {}, element('b', {}, `${key} = ${number(abscissa[index], 6)}`)), ...series.filter(({points}) => at(points)).map(({name, stroke, points}) => {
    const {median, low, high, count} = at(points);
    return element('span', {}, element('i', {class: 'swatch', style: `background:${stroke}`}), `${name} `, element('b', {}, number(median)),
                   ` (${number(low)} to ${number(high)}, ${plural(count, 'run')})`);
  })];
}

function scalingTable(result, over, series) {
  const rows = series.flatMap(({name, points}) => points.map((p) => [name, p.x, p.count, p.median, p.low, p.lower, p.upper, p.high]));
  return [['curve', over.key, 'runs', `median of ${result.name}`, 'lowest', 'lower quartile', 'upper quartile', 'highest'], ...rows];
}

/** Exponents: one row a curve. */
function addExponents(parent, series) {
  const columns = [['curve', (s) => s.name, true], ['exponent', (s) => number(s.law?.exponent, 5)], ['standard error', (s) => number(s.law?.error, 2)],
                   ['medians', (s) => String(s.law?.count ?? 0)], ['runs', (s) => String(s.points.reduce((sum, {count}) => sum + count, 0))],
                   ['without a value', (s) => String(s.lacking)]];
  parent.replaceChildren(grid(columns, series, (i) => ({'data-exponent': series[i].law?.exponent ?? ''})));
}

function drawScaling() {
  const figure = section('chart-scaling');
  if (!figure) return;
  const result = sweepResult(chosenValue('result')), over = sweepColumn(chosenValue('over')), by = sweepColumn(chosenValue('by'));
  const all = scalingSeries(), logX = wantsLog('xscale', over.values), logY = wantsLog('yscale', all.flatMap(({points}) => points.map(({median}) => median)));
  const series = all.map((one) => ({...one, points: visiblePoints(one.points, logX, logY)})).map((one) => ({...one, fit: fitEnds(one, logX && logY)}));
  const abscissa = [...new Set(series.flatMap(({points}) => points.map(({x}) => x)))].sort((a, b) => a - b);
  const positive = (value) => (logY && !(value > 0) ? null : value);
  const column = (part, {points}) => abscissa.map((x) => positive(points.find((point) => point.x === x)?.[part] ?? null));
  const parts = ['median', 'low', 'high'], named = series.flatMap((one) => parts.map((part) => [part, one]));
  fillFigure(figure, {
    title: `${capital(result.label)} over ${over.key}` + (by ? `, by ${by.key}` : ''),
    data: [abscissa, ...named.map(([part, one]) => column(part, one))],
    options: paintedOptions({logX, logY, xLabel: over.key, yLabel: result.label, series: named.map(([part, {name}]) => `${name} ${part}`), paint: (u) => drawWhiskers(u, series)}),
    legend: series.map(({name, stroke}) => ({name, stroke})), table: () => scalingTable(result, over, all),
    tell: (index) => scalingReadout(abscissa, series, index, over.key),
  });
  addExponents(section('exponents'), all);
  const hidden = all.reduce((sum, {points}) => sum + points.filter(({count}) => count).length, 0) - series.reduce((sum, {points}) => sum + points.length, 0);
  section('scaling-note').textContent = `${result.long_name === result.label ? '' : `${capital(result.label)}: ${result.long_name}. `}Median over ${pooledWords(over.name, by?.name)}, whiskers from lowest to highest; ` +
      'runs without a value are left out.' + (logX && logY ? ' Dashed: the power law through the medians.' : '') +
      (hidden ? ` ${plural(hidden, 'median')} of ${hidden === 1 ? 'a value' : 'values'} that no logarithm is taken of ${hidden === 1 ? 'is' : 'are'} not shown.` : '');
}

function addScaling(parent) {
  const numeric = numericColumns(), results = sweepResults();
  if (!numeric.length || !results.length) {
    parent.append(element('p', {class: 'empty'}, numeric.length ? 'No run has a result.' : 'No axis has several numbers.'));
    return;
  }
  const over = numeric.find(({role}) => role === 'axis') ?? numeric.find(({role}) => role === 'value') ?? numeric[0];
  const by = varyingAxes().find((column) => column !== over), first = ['escape_time', 'final_time'].find((name) => results.some((r) => r.name === name)) ?? results[0].name;
  const scales = [['log', 'logarithmic'], ['linear', 'linear']];
  parent.append(element('p', {class: 'choices'},
      choice('result', 'result', results.map(({name, label}) => [name, label]), first), choice('over', 'over', numeric.map(({name, key}) => [name, key]), over.name),
      choice('by', 'by', [...varyingColumns().map(({name, key}) => [name, key]), ['', 'all runs together']], by?.name ?? ''),
      choice('xscale', 'axis', scales, 'log'), choice('yscale', 'values', scales, 'log')),
      element('p', {class: 'note', id: 'scaling-note'}));
  sweepFigure(parent, 'scaling');
  parent.append(element('h3', {class: 'above'}, 'Exponents: slopes of the logarithms of the medians'), element('div', {id: 'exponents', class: 'narrow'}));
}
