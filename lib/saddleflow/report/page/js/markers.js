// Events and saddle visits on the time plots: bands, lines, and flags above the first plot.

const xOf = (point) => (!point || point.time === null ? null : view.x === 'steps' ? point.step : point.time);

const isPassage = (event) => event.kind.startsWith('saddle_');

/** Colour name of an event's marker. */
function eventColour(event) {
  if (event.kind.includes('escape')) return 'c2';
  if (isPassage(event)) return 'c1';
  if (event.kind.includes('level')) return 'c3';
  return 'mark';
}

/** The flags: one for each saddle, one for each event that is not part of a saddle's passage. */
function flags() {
  const list = run.saddles.map((saddle, i) => ({at: xOf(saddle.closest), label: visitName(saddle, i), colour: 'c1'}));
  for (const event of run.events) {
    if (isPassage(event) && run.saddles.length) continue;
    list.push({at: xOf(event), label: plainWords(event.kind), colour: eventColour(event)});
  }
  return list.filter((flag) => known(flag.at));
}

/** A canvas pixel for an abscissa, or null outside the plot. */
function pixel(u, value) {
  if (!known(value) || value < u.scales.x.min || value > u.scales.x.max) return null;
  return u.valToPos(value, 'x', true);
}

function drawBands(u) {
  const {ctx, bbox} = u;
  ctx.save();
  ctx.fillStyle = colour('band');
  for (const saddle of run.saddles) {
    const {min, max} = u.scales.x;
    const from = xOf(saddle.enter) ?? min, to = xOf(saddle.leave) ?? max;
    if (to < min || from > max) continue;
    const left = u.valToPos(Math.max(from, min), 'x', true), right = u.valToPos(Math.min(to, max), 'x', true);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

function drawLines(u) {
  const {ctx, bbox} = u, ratio = devicePixelRatio;
  ctx.save();
  run.events.forEach((event, i) => {
    const x = pixel(u, xOf(event));
    if (x === null) return;
    const chosen = view.highlight === i;
    // The edges of a band are its lines.
    if (!chosen && run.saddles.length && ['saddle_enter', 'saddle_leave'].includes(event.kind)) return;
    ctx.strokeStyle = colour(chosen ? 'strong' : eventColour(event));
    ctx.globalAlpha = chosen ? 1 : 0.75;
    ctx.lineWidth = (chosen ? 2 : 1) * ratio;
    ctx.setLineDash(chosen ? [] : [3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  });
  ctx.restore();
}

const flagRows = 3, flagHeight = 14;
const flagStrip = flagRows * flagHeight + 6;

/** Rows and sides where a flag touches neither the labels nor the poles of others; low rows and the right side first. */
function freePlaces(flag, placed, left, right) {
  const places = [];
  for (let row = 0; row < flagRows; row += 1) {
    for (const turned of [false, true]) {
      const from = turned ? flag.x - flag.width : flag.x, to = turned ? flag.x : flag.x + flag.width;
      const clash = to > right || from < left || placed.some((other) =>
          (other.row === row && other.from < to && other.to > from) ||
          (other.row >= row && other.x > from && other.x < to) ||
          (other.row <= row && flag.x > other.from && flag.x < other.to));
      if (!clash) places.push({...flag, from, to, row, turned});
    }
  }
  return places;
}

/** Places as many flags as a bounded search from right to left can; the others stay unlabelled. */
function placeFlags(list, left, right) {
  const sorted = [...list].sort((a, b) => b.x - a.x);
  let best = [], budget = 3000;
  const search = (i, placed) => {
    if (placed.length > best.length) best = placed;
    if (i === sorted.length || (budget -= 1) < 0) return;
    for (const place of freePlaces(sorted[i], placed, left, right)) {
      search(i + 1, [...placed, place]);
      if (best.length === sorted.length) return;
    }
    search(i + 1, placed);
  };
  search(0, []);
  return best;
}

function drawFlags(u) {
  const {ctx, bbox} = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textBaseline = 'middle';
  const list = flags().map((flag) => ({...flag, x: pixel(u, flag.at)})).filter((flag) => flag.x !== null);
  for (const flag of list) flag.width = ctx.measureText(flag.label).width + 9 * ratio;
  for (const flag of placeFlags(list, 0, bbox.left + bbox.width + 12 * ratio)) {
    const y = bbox.top - (flag.row + 0.5) * flagHeight * ratio - 2 * ratio;
    ctx.strokeStyle = ctx.fillStyle = colour(flag.colour);
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(flag.x, bbox.top);
    ctx.lineTo(flag.x, y - 5 * ratio);
    ctx.stroke();
    ctx.textAlign = flag.turned ? 'right' : 'left';
    ctx.fillText(flag.label, flag.x + (flag.turned ? -4 : 4) * ratio, y);
  }
  ctx.restore();
}

/** The event nearest to a position in the plot, within a few pixels. */
function eventAt(u, left) {
  let best = null, distance = 6;
  run.events.forEach((event, i) => {
    const x = xOf(event);
    if (!known(x) || x < u.scales.x.min || x > u.scales.x.max) return;
    const d = Math.abs(u.valToPos(x, 'x') - left);
    if (d < distance) [best, distance] = [i, d];
  });
  return best;
}
