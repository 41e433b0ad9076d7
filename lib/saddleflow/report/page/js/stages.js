// The plateaus that a theory predicts for the data, as dashed lines on the plot of the loss.

const stageLine = 13;  // a line of text, in pixels of the page

/**
 * Levels with their frequencies in canvas pixels, the highest first. A label stands above its line, or below it where there
 * is no room within the frame; levels that it would cover have one label in common.
 */
function stageLabels(u) {
  const room = stageLine * devicePixelRatio, {top, height} = u.bbox, labels = [];
  const levels = run.stages.map(({loss, frequency}) => ({frequency, y: u.valToPos(loss, 'y', true)}))
      .filter(({y}) => Number.isFinite(y) && y >= top - 1 && y <= top + height + 1);
  for (const {frequency, y} of levels) {
    const last = labels.at(-1);
    if (last && y - last.lines.at(-1) < (last.below ? 2 : 1) * room) {
      last.names.push(`(${frequency})`);
      last.lines.push(y);
    } else {
      labels.push({names: [`(${frequency})`], lines: [y], below: y - top < 0.85 * room});
    }
  }
  return labels;
}

function drawStages(u) {
  if (!run.stages?.length) return;
  const {ctx, bbox} = u, ratio = devicePixelRatio, right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = 'right';
  ctx.lineWidth = ratio;
  ctx.strokeStyle = ctx.fillStyle = colour('c3');
  ctx.setLineDash([7 * ratio, 4 * ratio]);
  for (const {names, lines, below} of stageLabels(u)) {
    for (const y of lines) line(ctx, bbox.left, y, right, y);
    ctx.textBaseline = below ? 'top' : 'bottom';
    ctx.fillText(`predicted, learns ${shortList(names)}`, right - 6 * ratio, lines[0] + (below ? 3 : -1) * ratio);
  }
  ctx.restore();
}

const stageTerm = () => run.stages?.length > 0 && ['predicted', 'dashed: the loss that is left while some frequencies of the group are learnt ' +
    'and the others are not; the number in brackets is the frequency that is learnt next, in the order of the correlations'];
