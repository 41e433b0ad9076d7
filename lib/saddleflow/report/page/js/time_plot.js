// One plot over time: uPlot with our axes, markers, read-out, and zoom and cursor shared with the others.

const plots = [];
/** The abscissa that all plots show. */
let shown = [0, 0];

const cursorKey = 'run';

/** Abscissa and curves of a plot for the current axes; null where a logarithm does not exist. */
function plotData(plot) {
  const source = run.plots[plot.source];
  const abscissa = view.x === 'steps' ? source.step : source.time;
  const first = hasLogTime(plot) ? abscissa.findIndex((t) => t > 0) : 0;
  const logarithmic = isLog(plot);
  const value = (v) => {
    if (v === null) return null;
    const shown = plot.magnitude || logarithmic ? Math.abs(v) : v;
    return logarithmic && !(shown > 0) ? null : shown;
  };
  return [abscissa.slice(first), ...plot.curves.map((curve) => curve.values.slice(first).map(value))];
}

/** A time of its own begins below 0. */
const hasLogTime = (plot) => view.x === 'log' && !plot.own;

/** The values of a fixed plot are not quantities that a logarithm is taken of. */
const isLog = (plot) => !plot.fixed && (view.y[plot.id] ?? plot.start) === 'log';

function showValues(plot, index) {
  if (plot.tell) {
    plot.values.replaceChildren(...plot.tell());
    return;
  }
  const u = plot.chart, [abscissa, ...curves] = u.data;
  if (!abscissa.length) return;
  const row = index ?? abscissa.length - 1;
  const at = `${plot.symbol ?? (view.x === 'steps' ? 'step' : 't')} = `;
  const items = [element('span', {}, at, element('b', {}, moment(abscissa[row])))];
  const several = curves.length > plot.namedCurves;
  curves.forEach((values, i) => {
    const curve = plot.curves[i];
    if (curve.quiet || (several && i !== plot.focus && !curve.always)) return;
    items.push(element('span', {},
        element('i', {class: 'swatch', style: `background:${curve.stroke}`}), curve.name + ' ',
        !known(values[row]) && plot.exclusive ? null : element('b', {}, number(values[row]))));
  });
  if (several) items.push(element('span', {}, `${curves.length} curves` + (plot.legend ? ', ' + plot.legend : '')));
  plot.values.replaceChildren(...items);
}

function eventTip(u, left) {
  const index = eventAt(u, left);
  if (index === null) return null;
  const found = run.events[index];
  return [element('b', {}, plainWords(found.kind)), element('br'), `t = ${moment(found.time)}`, element('br'),
          `loss = ${number(found.loss, 5)}`];
}

/** A tip tells of what is under the pointer: when the page moves or the axes change, it is stale. */
function hideTips() {
  for (const tip of document.querySelectorAll('.tip')) tip.hidden = true;
}
addEventListener('scroll', hideTips, {capture: true, passive: true});
addEventListener('blur', hideTips);

function showTip(plot, event) {
  const u = plot.chart;
  const box = u.over.getBoundingClientRect(), left = event.clientX - box.left;
  const words = plot.tipAt?.(u, left, event.clientY - box.top) ?? eventTip(u, left);
  plot.tip.hidden = words === null;
  if (words === null) return;
  plot.tip.replaceChildren(...words);
  const frame = plot.figure.getBoundingClientRect();
  const before = left > box.width - 190;
  plot.tip.style.left = before ? 'auto' : `${box.left - frame.left + left + 12}px`;
  plot.tip.style.right = before ? `${frame.right - box.left - left + 12}px` : 'auto';
  plot.tip.style.top = `${box.top - frame.top + 10}px`;
}

/** Shows [min, max] in the given plots. uPlot answers later, through its setScale hook, with these same numbers. */
function setAbscissa(which, [min, max]) {
  shown = [min, max];
  hideTips();
  for (const {chart} of which) chart.setScale('x', {min, max});
  document.body.dataset.zoom = view.zoom ? view.zoom.join(' ') : '';
  writeAddress();
}

/** A plot with `own` has a time of its own, and neither zoom nor cursor in common with the others. */
const sharing = () => plots.filter(({own}) => !own);
const hasOwnTime = (u) => plots.some(({chart, own}) => own && chart === u);

function shareZoom(u) {
  const {min, max} = u.scales.x;
  if (hasOwnTime(u) || (min === shown[0] && max === shown[1])) return;
  view.zoom = [min, max];
  setAbscissa(sharing().filter(({chart}) => chart !== u), view.zoom);
}

function resetZoom() {
  view.zoom = null;
  for (const {chart} of plots.filter(({own}) => own)) chart.setScale('x', {min: chart.data[0][0], max: chart.data[0].at(-1)});
  const ends = sharing().map(({chart}) => [chart.data[0][0], chart.data[0].at(-1)]);
  setAbscissa(sharing(), [Math.min(...ends.map((e) => e[0])), Math.max(...ends.map((e) => e[1]))]);
}

/** The value axis, where the plot does not want it otherwise. */
function valueAxis(plot, logarithmic) {
  const usual = axis(3, logarithmic, plot.flags ? 34 : 30, plot.yLabel ?? plot.title);
  if (!plot.yTicks) return usual;
  const wanted = (u) => Math.max(2, Math.floor(u.bbox.height / devicePixelRatio / 20));
  return {...usual, splits: (u, _index, min, max) => plot.yTicks(min, max, wanted(u)),
          values: (u, ticks) => (plot.yLabels ?? linearLabels)(ticks),
          grid: plot.yLabels ? {show: false} : usual.grid};
}

/** The plot's own drawing, within its frame. */
function paintInside(u, plot) {
  const {ctx, bbox} = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  plot.paint(u, plot);
  ctx.restore();
}

function chartOptions(plot) {
  const logX = hasLogTime(plot), logY = isLog(plot);
  return {
    width: plot.frame.clientWidth,
    height: plot.height,
    padding: [plot.flags ? flagStrip : 8, rightPadding, 0, 0],
    pxAlign: false,
    legend: {show: false},
    scales: {
      x: {time: false, distr: logX ? 3 : 1, range: (u, min, max) => (min < max ? [min, max] : [min, min + 1])},
      y: {distr: logY ? 3 : 1, range: plot.yRange ?? yRange(logY), dir: plot.yTurned ? -1 : 1},
    },
    axes: [axis(2, logX, 74, plot.xLabel), valueAxis(plot, logY)],
    series: [{}, ...plot.curves.map((curve) => ({
      label: curve.name, scale: 'y', stroke: curve.stroke, width: curve.width ?? 1.4, dash: curve.dash,
      points: {show: !plot.paint && plotData(plot)[0].length === 1}, spanGaps: false,
      paths: plot.paint ? () => null : curve.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
    }))],
    bands: plot.bands?.(plot.curves),
    focus: {alpha: plot.curves.length > plot.namedCurves ? 0.22 : 1},
    cursor: {
      y: false,
      drag: {x: true, y: false},
      focus: {prox: plot.curves.length > plot.namedCurves ? 24 : -1},
      points: {size: 6, show: plot.curves.length <= plot.namedCurves && !plot.paint ? undefined : false},
      bind: {dblclick: () => () => resetZoom()},
      sync: {key: plot.own ? plot.id : cursorKey, setSeries: false, filters: {pub: (type) => type !== 'mouseup' && type !== 'mousedown'}},
    },
    hooks: {
      drawClear: [drawBands],
      draw: [(u) => {
        if (plot.paint) paintInside(u, plot);
        drawLines(u);
        plot.overlay?.(u);
        if (plot.id === 'loss') {
          drawSteps(u);
          drawStages(u);
          drawRounds(u);
        }
        if (plot.flags) drawFlags(u);
      }],
      setCursor: [(u) => showValues(plot, u.cursor.idx)],
      setSeries: [(u, i) => {
        plot.focus = i === null ? plot.focus : i - 1;
        showValues(plot, u.cursor.idx);
      }],
      setScale: [(u, key) => key === 'x' && u.status === 1 && shareZoom(u)],
    },
  };
}

function buildChart(plot) {
  if (plot.chart) plot.chart.destroy();
  plot.tip.hidden = true;
  plot.curves = plot.makeCurves();
  plot.chart = new uPlot(chartOptions(plot), plotData(plot), plot.frame);
  plot.chart.over.addEventListener('mousemove', (event) => showTip(plot, event));
  plot.chart.over.addEventListener('mouseleave', () => { plot.tip.hidden = true; });
  if (plot.key) plot.key.textContent = isLog(plot) ? 'log' : 'linear';
  showValues(plot, null);
}

/** What a reader hears who does not see the chart. */
function chartLabel(plot) {
  const names = run.plots[plot.source].curves.map(({name}) => name);
  return `${plot.title} over time: ${names.length > 8 ? `${names.length} curves` : names.join(', ')}`;
}

/** As the reader sees it: zoom, axes and colours. */
function plotSvg(plot) {
  const {min, max} = plot.chart.scales.x;
  return chartSvg(plot.title, chartOptions(plot), plotData(plot), [min, max], plot.paint ? [] : plot.curves.filter(({quiet}) => !quiet));
}

/** All values as they are recorded, of all times. */
function plotTable(plot) {
  if (plot.table) return plot.table();
  const {time, step, curves} = run.plots[plot.source], common = run.runs || run.sweep ? [['t'], [time]] : [['t', 'step'], [time, step]];
  return columnsToRows([...common[0], ...curves.map(({name}) => name)], [...common[1], ...curves.map(({values}) => values)]);
}

/** Adds a plot to `parent`. settings: id, title, source, makeCurves, height, start ('log' or 'linear'), flags, ... */
function addPlot(parent, settings) {
  const plot = {namedCurves: 8, height: 230, start: 'log', focus: 0, ...settings};
  if (!run.plots[plot.source].curves.length) return;
  plot.values = element('span', {class: 'values'});
  plot.frame = element('div', {class: 'plot', role: 'img', 'aria-label': chartLabel(plot)});
  plot.tip = element('div', {class: 'tip', hidden: ''});
  plot.key = plot.fixed ? null : element('button', {title: 'linear or logarithmic values', 'aria-label': `values of ${plot.title}: linear or logarithmic`, onclick: () => {
    view.y[plot.id] = isLog(plot) ? 'linear' : 'log';
    rebuild([plot]);
    writeAddress();
  }});
  plot.figure = element('figure', {class: 'figure', id: `plot-${plot.id}`},
      element('figcaption', {class: 'caption'}, element('h3', {}, plot.title), plot.values, plot.key,
              downloads(plot.title, () => plotSvg(plot), () => plotTable(plot))), plot.frame, plot.tip);
  parent.append(plot.figure);
  if (plot.terms) explain(plot.figure, plot.terms());
  plots.push(plot);
  return plot;
}
