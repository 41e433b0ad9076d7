// Condensation: where the neurons of the first layer point over time; the longer a neuron, the heavier its line.

const weightLevels = 8, weightDecades = 6;

/** length -> 0 ... weightLevels, by its logarithm: one scale for all neurons and times. */
function weightScale(curves) {
  const lengths = curves.flatMap((curve) => curve.weights ?? []).filter((length) => length > 0).map(Math.log10);
  const high = lengths.reduce((a, b) => Math.max(a, b), -300);
  const low = Math.max(lengths.reduce((a, b) => Math.min(a, b), high), high - weightDecades);
  return (length) => Math.round(weightLevels *
      (high > low ? Math.min(1, Math.max(0, (Math.log10(length || 1e-300) - low) / (high - low))) : 1));
}

/** The curves of the neurons, the hue their angle at the end, and those of the KKT point as dashed lines. */
function angleCurves() {
  const level = weightScale(sourceCurves('angles'));
  return sourceCurves('angles').map((curve) => {
    const last = curve.values.findLast(known);
    return curve.layer < 0 ? {...curve, stroke: colour('strong'), width: 1.2, dash: [6, 4]} :
        {...curve, levels: curve.weights.map(level), stroke: angleColour(((last ?? 0) * Math.PI) / 180)};
  });
}

/** Pieces of one level each; a step across 180 degrees leaves at one edge and comes back at the other. */
function strokePath(u, abscissa, values, levels, style) {
  const {ctx} = u, x = (i) => u.valToPos(abscissa[i], 'x', true), y = (angle) => u.valToPos(angle, 'y', true);
  let level = null, end = -1;  // of the piece so far: dashes must not begin anew
  for (let i = 0; i + 1 < values.length; i += 1) {
    const from = values[i], to = values[i + 1];
    if (!known(from) || !known(to) || abscissa[i + 1] < u.scales.x.min || abscissa[i] > u.scales.x.max) continue;
    if (level !== levels[i + 1]) {
      if (level !== null) ctx.stroke();
      level = levels[i + 1];
      style(level);
      ctx.beginPath();
      end = -1;
    }
    const turn = 360 * Math.round((from - to) / 360);
    if (i !== end) ctx.moveTo(x(i), y(from));
    ctx.lineTo(x(i + 1), y(to + turn));
    end = i + 1;
    if (!turn) continue;
    ctx.moveTo(x(i), y(from - turn));
    ctx.lineTo(x(i + 1), y(to));
  }
  if (level !== null) ctx.stroke();
}

function paintAngles(u, plot) {
  const {ctx} = u, ratio = devicePixelRatio, source = run.plots.angles;
  const abscissa = view.x === 'steps' ? source.step : source.time;
  plot.curves.forEach((curve, k) => {
    const faded = u.series[k + 1].alpha ?? 1;
    ctx.strokeStyle = curve.stroke;
    ctx.setLineDash((curve.dash ?? []).map((length) => length * ratio));
    strokePath(u, abscissa, curve.values, curve.levels ?? curve.values.map(() => 0), (level) => {
      const share = curve.levels ? level / weightLevels : 0.5;
      ctx.globalAlpha = faded * (0.4 + 0.5 * share);
      ctx.lineWidth = (0.8 + 2 * share) * ratio;
    });
  });
}

function addAngles() {
  addPlot(section('directions'), {
    id: 'angles', title: 'Directions over time, in degrees', source: 'angles', makeCurves: angleCurves, height: 300,
    fixed: true, yLabel: 'angle in degrees', paint: paintAngles, yRange: () => [-180, 180],
    yTicks: (min, max) => [-180, -135, -90, -45, 0, 45, 90, 135, 180].filter((tick) => tick >= min && tick <= max),
    legend: 'heavier = longer, hue = angle at the end' + (run.kkt?.run_point >= 0 ? ', dashed: the KKT point' : ''),
  });
}
