// Scales, ticks and labels of the time plots.

/** Round numbers between min and max, about `wanted` of them. */
function niceTicks(min, max, wanted) {
  const raw = (max - min) / Math.max(1, wanted);
  if (!(raw > 0)) return [min];
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= raw * 0.999);
  const ticks = [];
  for (let k = Math.ceil(min / step - 1e-9); k * step <= max + step * 1e-9; k += 1) ticks.push(k * step);
  return ticks;
}

/** Decades, every few of them where there are many, with 2 and 5 where there is room. */
function logTicks(min, max, wanted) {
  const low = Math.log10(min), high = Math.log10(max);
  if (high - low < 0.8) return niceTicks(min, max, wanted).filter((tick) => tick > 0);
  const every = Math.max(1, Math.ceil((high - low) / wanted));
  const parts = every > 1 ? [1] : wanted / (high - low) >= 3 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let k = Math.floor(low); k <= high; k += 1) {
    if (k % every) continue;
    for (const part of parts) {
      const tick = k < 0 ? part / 10 ** -k : part * 10 ** k;
      if (tick >= min * 0.9999 && tick <= max * 1.0001) ticks.push(tick);
    }
  }
  return ticks;
}

function axis(side, logarithmic, space, label) {
  const vertical = side === 3;
  return {
    scale: vertical ? 'y' : 'x',
    side,
    stroke: colour('soft'),
    font: '11px ' + getComputedStyle(document.body).fontFamily,
    grid: {stroke: colour('grid'), width: 1},
    ticks: {stroke: colour('rule'), width: 1, size: 4},
    border: {show: true, stroke: colour('rule'), width: 1},
    gap: 4,
    size: vertical ? 56 : 26,
    label: label ?? (view.x === 'steps' ? 'accepted steps' : 'flow time t'),
    labelSize: vertical ? 17 : 15,
    labelFont: '11px ' + getComputedStyle(document.body).fontFamily,
    labelGap: vertical ? 0 : -2,
    splits: (u, _index, min, max) => {
      const length = (vertical ? u.bbox.height : u.bbox.width) / devicePixelRatio;
      return (logarithmic ? logTicks : niceTicks)(min, max, Math.max(2, Math.floor(length / space)));
    },
    filter: (u, ticks) => ticks,
    values: (u, ticks) => (logarithmic ? logLabels(ticks) : linearLabels(ticks)),
  };
}

/** Room at the right edge for the half of the last label that stands beyond the axis; at least 14 pixels. */
function rightPadding(u) {
  const label = u.axes[0]._values?.findLast((text) => text !== null && text !== '');
  if (label === undefined) return 14;
  const {ctx} = u;
  ctx.save();
  ctx.font = u.axes[0].font[0];
  const half = ctx.measureText(label).width / 2 / devicePixelRatio;
  ctx.restore();
  return Math.max(14, Math.ceil(half) + 4);
}

function yRange(logarithmic) {
  return (u, min, max) => {
    if (!known(min) || !known(max)) return logarithmic ? [0.1, 1] : [0, 1];
    if (logarithmic) {
      const margin = max > min ? (max / min) ** 0.05 : 2;
      return [min / margin, max * margin];
    }
    const margin = max > min ? 0.05 * (max - min) : Math.abs(max) || 1;
    // A quantity that is never negative stands on its axis.
    return [min >= 0 && min < 0.3 * max ? 0 : min - margin, max + margin];
  };
}
