// Charts of a sweep over one of its axes: points with whiskers, and dots.

/** A chart with its caption, empty; `draw` puts a picture in. */
function sweepFigure(parent, id) {
  const figure = element('figure', {class: 'figure', id: `chart-${id}`}, element('figcaption', {class: 'caption'},
      element('h3', {}), element('span', {class: 'values'}), element('span', {class: 'save'})), element('div', {class: 'plot', role: 'img'}),
      element('div', {class: 'tip', hidden: ''}));
  parent.append(figure);
  return figure;
}

/** Draws `chart` = {title, options, data, legend, table, tell(index)} into a figure, in place of what was there. */
function fillFigure(figure, chart) {
  const part = (name) => figure.querySelector(name), frame = part('.plot');
  part('h3').textContent = chart.title;
  frame.setAttribute('aria-label', chart.title);
  frame.replaceChildren();
  const tell = (index) => part('.values').replaceChildren(...chart.tell(index));
  const options = {width: frame.clientWidth, height: 330, padding: [8, rightPadding, 0, 0], pxAlign: false, legend: {show: false},
                   cursor: {y: false, drag: {x: false, y: false}, points: {show: false}}, ...chart.options};
  const drawn = new uPlot({...options, hooks: {...options.hooks, setCursor: [(u) => tell(u.cursor.idx)]}}, chart.data, frame);
  part('.save').replaceWith(downloads(chart.title, () => chartSvg(chart.title, options, chart.data, [drawn.scales.x.min, drawn.scales.x.max], chart.legend), chart.table));
  tell(null);
  return drawn;
}

/** A margin at both ends, so that marks are whole. */
function widened(min, max, logarithmic, share = 0.05) {
  if (!(min < max)) return logarithmic ? [min / 2, max * 2] : [min - 1, max + 1];
  return logarithmic ? [min / (max / min) ** share, max * (max / min) ** share] : [min - share * (max - min), max + share * (max - min)];
}

const whisker = {cap: 3, radius: 3.2, apart: 5, most: 30};

/** Positions of the points of a series on the canvas, moved aside so that those of other series stay visible. */
function placedPoints(u, points, index, count) {
  const apart = Math.min(whisker.apart, whisker.most / count), aside = (index - (count - 1) / 2) * apart * devicePixelRatio;
  const y = (value) => u.valToPos(Math.max(value, u.scales.y.min), 'y', true);
  return points.map((point) => ({x: u.valToPos(point.x, 'x', true) + aside, y: y(point.median), low: y(point.low), high: y(point.high)}));
}

/** Median with a whisker from lowest to highest, joined by a line. */
function drawWhiskers(u, series) {
  const {ctx, bbox} = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  series.forEach(({points, stroke, fit}, index) => {
    const places = placedPoints(u, points, index, series.length);
    ctx.strokeStyle = ctx.fillStyle = stroke;
    ctx.lineWidth = ratio;
    for (const {x, low, high} of places) {
      line(ctx, x, low, x, high);
      for (const end of [low, high]) line(ctx, x - whisker.cap * ratio, end, x + whisker.cap * ratio, end);
    }
    ctx.lineWidth = 1.5 * ratio;
    if (fit) ctx.setLineDash([5 * ratio, 4 * ratio]);
    const joined = fit ? fit.map(([x, y]) => [u.valToPos(x, 'x', true), u.valToPos(y, 'y', true)]) : places.map(({x, y}) => [x, y]);
    joined.slice(1).forEach(([x, y], k) => line(ctx, ...joined[k], x, y));
    ctx.setLineDash([]);
    for (const {x, y} of places) disc(ctx, x, y, whisker.radius * ratio);
  });
  ctx.restore();
}

/** Options of a chart whose marks are painted: the data only span the scales. */
function paintedOptions({logX, logY, xLabel, yLabel, series, paint, xAxis}) {
  return {
    scales: {x: {time: false, distr: logX ? 3 : 1, range: (u, min, max) => widened(min, max, logX)}, y: {distr: logY ? 3 : 1, range: yRange(logY)}},
    axes: [{...axis(2, logX, 74, xLabel), ...xAxis}, axis(3, logY, 30, yLabel)],
    series: [{}, ...series.map((name) => ({label: name, scale: 'y', paths: () => null, points: {show: false}}))],
    hooks: {draw: [paint]},
  };
}
