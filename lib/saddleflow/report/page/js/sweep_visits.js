// The visits of a sweep by the values of an axis: how many, and at which losses.

/** Losses of as many visits have columns of their own; the picture has all. */
const visitLosses = 6;

const rangeText = ({median, low, high}, digits = 4) => (median === null ? '–' : low === high ? number(median, digits) :
    `${number(median, digits)} (${number(low, digits)} to ${number(high, digits)})`);

function stateCounts(rows) {
  const states = run.sweep.runs.state, of = (...names) => rows.filter((row) => names.includes(states[row])).length;
  return {finished: of('finished'), failed: of('failed'), missing: of('missing'), other: of('running', 'unfinished')};
}

/** One row a value: what became of its runs, and the visits of those that are shown. */
function drawVisitTable(groups, all) {
  const {loss} = run.sweep.visits, counts = sweepResult('visit_count')?.values ?? [];
  const most = Math.min(visitLosses, Math.max(0, ...groups.flatMap(({rows}) => rows.map((row) => loss[row].length))));
  const shown = (group) => groups.find(({label}) => label === group.label)?.rows ?? [];
  const columns = [['runs of', (g) => g.label, true], ['finished', (g) => String(stateCounts(g.rows).finished)], ['failed', (g) => String(stateCounts(g.rows).failed)],
                   ['missing', (g) => String(stateCounts(g.rows).missing)], ['unfinished', (g) => String(stateCounts(g.rows).other)],
                   ['visits', (g) => rangeText(spread(shown(g).map((row) => counts[row])))],
                   ...[...Array(most).keys()].map((k) => [`loss of visit ${k + 1}`, (g) => {
                     const found = spread(shown(g).map((row) => loss[row][k]));
                     return found.count ? `${rangeText(found)}, ${plural(found.count, 'run')}` : '–';
                   }])];
  section('visit-table').replaceChildren(grid(columns, all));
}

/** The dots of the picture, side by side within their group. */
function visitDots(groups) {
  const {loss, depth} = run.sweep.visits;
  return groups.flatMap(({rows}, group) => rows.flatMap((row, rank) => loss[row].map((value, visit) =>
      ({x: group + 0.7 * ((rank + 0.5) / rows.length - 0.5), loss: value, shallow: depth[row]?.[visit] === 1, row, visit}))).filter((dot) => known(dot.loss)));
}

const visitColour = (visit) => colour(palette[1 + visit % 6]);

function drawDots(u, dots) {
  const {ctx} = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 1.3 * ratio;
  for (const dot of dots) {
    ctx.fillStyle = dot.shallow ? colour('panel') : visitColour(dot.visit);
    ctx.strokeStyle = visitColour(dot.visit);
    ctx.beginPath();
    ctx.arc(u.valToPos(dot.x, 'x', true), u.valToPos(dot.loss, 'y', true), 2.8 * ratio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/** The dot under the pointer, within a few pixels. */
function dotAt(u, dots, left, top) {
  let best = null, distance = 8;
  for (const dot of dots) {
    const d = Math.hypot(u.valToPos(dot.x, 'x') - left, u.valToPos(dot.loss, 'y') - top);
    if (d < distance) [best, distance] = [dot, d];
  }
  return best;
}

function tipOfDots(figure, u, dots) {
  const tip = figure.querySelector('.tip');
  u.over.addEventListener('mouseleave', () => { tip.hidden = true; });
  u.over.addEventListener('mousemove', (event) => {
    const box = u.over.getBoundingClientRect(), frame = figure.getBoundingClientRect(), left = event.clientX - box.left, top = event.clientY - box.top;
    const dot = dotAt(u, dots, left, top);
    tip.hidden = dot === null;
    if (dot === null) return;
    tip.replaceChildren(element('b', {}, run.sweep.runs.name[dot.row]), element('br'), `visit ${dot.visit + 1}, ${dot.shallow ? 'shallow' : 'close'}`, element('br'),
                        `loss = ${number(dot.loss, 6)}`);
    const before = left > box.width - 260;
    tip.style.left = before ? 'auto' : `${box.left - frame.left + left + 12}px`;
    tip.style.right = before ? `${frame.right - box.left - left + 12}px` : 'auto';
    tip.style.top = `${box.top - frame.top + top + 10}px`;
  });
}

function visitRows() {
  const {loss, time, enter, leave, depth} = run.sweep.visits, axes = varyingColumns();
  return [['run', 'name', ...axes.map(({key}) => key), 'visit', 'loss', 'time', 'enter', 'leave', 'depth'], ...shownRows().flatMap((row) =>
      loss[row].map((value, k) => [run.sweep.runs.number[row], run.sweep.runs.name[row], ...axes.map(({values}) => values[row]), k + 1, value,
                                   time[row][k], enter[row][k], leave[row][k], depth[row][k] === 1 ? 'shallow' : 'close']))];
}

function drawVisitChart(groups) {
  const logY = chosenValue('visitscale') === 'log', dots = visitDots(groups).filter((dot) => !logY || dot.loss > 0), losses = dots.map((dot) => dot.loss);
  const figure = section('chart-visits'), column = sweepColumn(chosenValue('visitgroup'));
  figure.hidden = !dots.length;
  if (!dots.length) return;
  const visits = [...new Set(dots.map(({visit}) => visit))].sort((a, b) => a - b), legend = visits.map((visit) => ({name: `visit ${visit + 1}`, stroke: visitColour(visit)}));
  const labels = groups.map(({value}) => (value === null ? 'all runs' : valueText(value)));
  const drawn = fillFigure(figure, {
    title: 'Loss of the visits' + (column ? ` by ${column.key}` : ''), legend, table: visitRows,
    data: [[-0.5, groups.length - 0.5], [Math.min(...losses), Math.max(...losses)]],
    options: paintedOptions({logX: false, logY, xLabel: column?.key ?? '', yLabel: 'loss L', series: ['loss'], paint: (u) => drawDots(u, dots),
                             xAxis: {splits: () => labels.map((_unused, k) => k), values: () => labels, grid: {show: false}}}),
    tell: () => [...legend.map(({name, stroke}) => element('span', {}, element('i', {class: 'swatch', style: `background:${stroke}`}), name)),
                 element('span', {}, `${plural(dots.length, 'visit')} of ${plural(new Set(dots.map(({row}) => row)).size, 'run')}; hollow: shallow`)],
  });
  tipOfDots(figure, drawn, dots);
}

function drawSweepVisits() {
  const groups = groupsOf(chosenValue('visitgroup'), shownRows());
  drawVisitTable(groups, groupsOf(chosenValue('visitgroup'), filteredRows()));
  drawVisitChart(groups);
}

function addSweepVisits(parent) {
  const first = varyingAxes()[0] ?? varyingColumns()[0];
  parent.append(element('p', {class: 'choices'},
      choice('visitgroup', 'by', [...varyingColumns().map(({name, key}) => [name, key]), ['', 'all runs together']], first?.name ?? ''),
      choice('visitscale', 'losses', [['log', 'logarithmic'], ['linear', 'linear']], 'log')),
      element('p', {class: 'note'}, 'A visit is a dip of the proximity r: the flow is near a critical point. Numbers are the median, with the range from lowest to highest ' +
              'in brackets, over the runs that have one.'), element('div', {id: 'visit-table'}));
  sweepFigure(parent, 'visits');
}
