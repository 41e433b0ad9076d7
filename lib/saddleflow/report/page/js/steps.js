// The staircase: the losses of the critical points as steps on the plot of the loss, and the visits on its curve.

/** Labels nearer to each other than a line of text are one. Canvas pixels, the highest first. */
function stepLabels(u) {
  const ratio = devicePixelRatio, {top, height} = u.bbox, labels = [];
  const steps = run.catalogue.points.filter((point) => point.critical && known(point.loss))
      .map((point) => ({name: point.name, y: u.valToPos(point.loss, 'y', true)}))
      .filter(({y}) => Number.isFinite(y) && y >= top - 1 && y <= top + height + 1)
      .sort((a, b) => a.y - b.y);
  for (const step of steps) {
    const last = labels.at(-1);
    if (last && step.y - last.lines[0] < 13 * ratio) {
      last.names.push(step.name);
      last.lines.push(step.y);
    } else {
      labels.push({names: [step.name], lines: [step.y]});
    }
  }
  return labels;
}

const shortList = (names, most = 6) => (names.length > most ? [...names.slice(0, most - 1), `… ${names.at(-1)}`] : names).join(', ');

function drawSteps(u) {
  if (!run.catalogue) return;
  const {ctx, bbox} = u, ratio = devicePixelRatio, right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.lineWidth = ratio;
  ctx.strokeStyle = ctx.fillStyle = colour('c4');
  for (const {names, lines} of stepLabels(u)) {
    ctx.globalAlpha = 0.65;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    for (const y of lines) line(ctx, bbox.left, y, right, y);
    ctx.globalAlpha = 1;
    ctx.fillText(shortList(names), right - 6 * ratio, lines[0] - 2 * ratio);
  }
  ctx.setLineDash([]);
  drawVisits(u);
  ctx.restore();
}

/** The closest approaches, on the curve. */
function drawVisits(u) {
  const {ctx, bbox} = u, ratio = devicePixelRatio;
  for (const visit of run.saddles) {
    const x = pixel(u, xOf(visit.closest)), y = known(visit.loss) ? u.valToPos(visit.loss, 'y', true) : NaN;
    if (x === null || !(y >= bbox.top - 2 && y <= bbox.top + bbox.height + 2)) continue;
    ctx.fillStyle = colour('panel');
    disc(ctx, x, y, 5.5 * ratio);
    ctx.fillStyle = colour('c4');
    disc(ctx, x, y, 3.5 * ratio);
  }
}
