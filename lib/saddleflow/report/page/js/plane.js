// Neurons with two inputs: paths and vectors in the plane.

/** Colours of the neurons shown: the hue is the angle at the end. */
function planeColours() {
  return run.directions.moments.at(-1).rows.map(([x, y]) => angleColour(Math.atan2(y, x)));
}

/** Directions of the KKT point that the run went to: dashed rays, with a mark outside the rim. */
function drawTarget(context, middle, rim) {
  if (!run.kkt || run.kkt.run_point < 0) return;
  context.save();
  context.strokeStyle = context.fillStyle = colour('strong');
  context.lineWidth = 1;
  context.setLineDash([5, 4]);
  for (const row of run.kkt.points[run.kkt.run_point].rows) {
    const norm = lengthOf(row) || 1, [c, s] = [row[0] / norm, row[1] / norm];
    line(context, middle, middle, middle + rim * c, middle - rim * s);
    disc(context, middle + (rim + 5) * c, middle - (rim + 5) * s, 3);
  }
  context.restore();
}

/** Paths of all neurons: angle = direction, radius = logarithm of the norm. */
function drawPaths(size) {
  const [canvas, context] = sharpCanvas(size, size);
  const {path} = run.directions, colours = planeColours(), middle = size / 2, rim = middle - 24;
  const norms = rowsOf(path).map(lengthOf).filter((n) => n > 0).map(Math.log10);
  const high = Math.max(...norms, -300), low = Math.max(Math.min(...norms, high), high - 12) - 0.3;
  const radius = (norm) => (norm > 0 ? rim * Math.max(0, (Math.log10(norm) - low) / (high - low)) : 0);
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  const every = Math.max(1, Math.ceil((high - low) / 5));
  for (let k = Math.ceil(low); k <= high; k += every) {
    context.strokeStyle = colour('grid');
    context.beginPath();
    context.arc(middle, middle, radius(10 ** k), 0, 2 * Math.PI);
    context.stroke();
  }
  context.strokeStyle = colour('rule');
  for (let k = 0; k < 4; k += 1) {
    const c = Math.cos(k * Math.PI / 4), s = Math.sin(k * Math.PI / 4);
    context.strokeStyle = colour(k % 2 ? 'grid' : 'rule');
    line(context, middle - rim * c, middle - rim * s, middle + rim * c, middle + rim * s);
  }
  context.beginPath();
  context.arc(middle, middle, rim, 0, 2 * Math.PI);
  context.stroke();
  drawTarget(context, middle, rim);
  const place = ([x, y]) => {
    const norm = Math.hypot(x, y), r = radius(norm) / (norm || 1);
    return [middle + r * x, middle - r * y];
  };
  context.lineWidth = 1.3;
  context.lineJoin = 'round';
  colours.forEach((stroke, k) => {
    context.strokeStyle = context.fillStyle = stroke;
    context.globalAlpha = 0.75;
    context.beginPath();
    path.forEach((m, i) => (i ? context.lineTo(...place(m.rows[k])) : context.moveTo(...place(m.rows[k]))));
    context.stroke();
    context.globalAlpha = 1;
    disc(context, ...place(path.at(-1).rows[k]), 3);
  });
  context.fillStyle = colour('soft');
  context.textAlign = 'center';
  for (let k = Math.ceil(low); k <= high; k += every) {
    const at = [middle + radius(10 ** k) * Math.cos(-1.18), middle + radius(10 ** k) * Math.sin(-1.18)];
    const label = power10(k), wide = context.measureText(label).width;
    context.fillStyle = colour('panel');
    context.globalAlpha = 0.8;
    context.fillRect(at[0] - wide / 2 - 2, at[1] - 7, wide + 4, 14);
    context.globalAlpha = 1;
    context.fillStyle = colour('soft');
    context.fillText(label, ...at);
  }
  context.fillText('x₁', middle + rim + 12, middle);
  context.fillText('x₂', middle, middle - rim - 12);
  const ends = colours.map((_unused, k) => [k, ...place(path.at(-1).rows[k])]);
  numberEnds(context, ends);
  const all = path.flatMap((m) => colours.map((_unused, k) => [k, ...place(m.rows[k])]));
  return named(hover(canvas, (x, y) => {
    const k = nearest(ends, x, y) ?? nearest(all, x, y);
    return k === null ? null : `neuron ${run.directions.neurons[k] + 1}, at the end: norm ${number(lengthOf(path.at(-1).rows[k]), 3)}`;
  }), `paths of ${colours.length} neurons in the plane, angle and logarithm of the norm`);
}

/** The name of the place [name, x, y] that is nearest to a position, within a few pixels; null for none. */
function nearest(places, x, y, within = 9) {
  let best = null, distance = within;
  for (const [name, px, py] of places) {
    const d = Math.hypot(px - x, py - y);
    if (d < distance) [best, distance] = [name, d];
  }
  return best;
}

/** Numbers beside the ends of the paths, where they do not cover each other. */
function numberEnds(context, ends) {
  const placed = [];
  context.textAlign = 'left';
  for (const [k, x, y] of ends) {
    if (placed.some(([px, py]) => Math.abs(px - x) < 15 && Math.abs(py - y) < 11)) continue;
    placed.push([x, y]);
    context.fillText(String(run.directions.neurons[k] + 1), x + 5, y - 6);
  }
}

/** Vectors to the scale of the longest, and every direction as a tick on the rim. */
function drawDirections(rows, colours, size, name = (k) => `neuron ${k + 1}`) {
  const [canvas, context] = sharpCanvas(size, size);
  const middle = size / 2, rim = middle - 9;
  const longest = Math.max(...rows.map(lengthOf)) || 1;
  context.strokeStyle = colour('rule');
  context.beginPath();
  context.arc(middle, middle, rim, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = colour('grid');
  line(context, middle - rim, middle, middle + rim, middle);
  line(context, middle, middle - rim, middle, middle + rim);
  context.lineWidth = 1.5;
  rows.forEach((row, k) => {
    const norm = lengthOf(row);
    if (!norm) return;
    const [c, s] = [row[0] / norm, row[1] / norm], r = (rim * norm) / longest;
    context.strokeStyle = context.fillStyle = colours[k];
    line(context, middle + (rim + 1) * c, middle - (rim + 1) * s, middle + (rim + 7) * c, middle - (rim + 7) * s);
    line(context, middle, middle, middle + r * c, middle - r * s);
    if (r > 4) disc(context, middle + r * c, middle - r * s, 2.2);
  });
  const ends = rows.flatMap((row, k) => {
    const norm = lengthOf(row), [c, s] = norm ? [row[0] / norm, row[1] / norm] : [0, 0], r = (rim * norm) / longest;
    return norm ? [[k, middle + (rim + 4) * c, middle - (rim + 4) * s], [k, middle + r * c, middle - r * s]] : [];
  });
  return named(hover(canvas, (x, y) => {
    const k = nearest(ends, x, y);
    return k === null ? null : `${name(k)}: norm ${number(lengthOf(rows[k]), 3)}, ${number((Math.atan2(rows[k][1], rows[k][0]) * 180) / Math.PI, 4)}°`;
  }), `directions and lengths of ${rows.length} neurons in the plane`);
}

const pathTable = () => [['t', 'neuron', inputName(0), inputName(1)],
                         ...run.directions.path.flatMap((m) => m.rows.map((row, k) => [m.time, run.directions.neurons[k] + 1, ...row]))];

function planeView() {
  const {moments} = run.directions;
  const panels = moments.map((m) => savedMoment(element('div', {class: 'moment'},
      ...momentTitle(m, `longest ${number(Math.max(...m.rows.map(lengthOf)), 2)}`), drawDirections(m.rows, planeColours(), 140, (k) => `neuron ${run.directions.neurons[k] + 1}`)), m));
  const save = downloads('neuron paths', async () => panelSvg(save.closest('figure')), pathTable);
  return element('div', {class: 'plane'},
      element('figure', {class: 'figure'}, element('figcaption', {class: 'caption'}, element('h3', {}, 'Paths'),
          element('span', {class: 'values'}, 'angle = direction, radius = log ‖w‖, dot = end' + (run.kkt?.run_point >= 0 ? ', dashed: KKT point' : '')), save), drawPaths(400)),
      element('div', {class: 'moments'}, panels));
}
