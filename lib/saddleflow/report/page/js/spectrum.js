// The Hessian's eigenvalues at each saddle, on a symmetric logarithmic axis.

/** value -> position: linear within +-threshold, logarithmic beyond; one unit for each decade. */
const symlog = (value, threshold) => (Math.abs(value) <= threshold ? value / threshold :
    Math.sign(value) * (1 + Math.log10(Math.abs(value) / threshold)));

/** The smallest eigenvalue of all that counts as non-zero sets the linear zone, one decade below it. */
function linearZone() {
  let smallest = Infinity, largest = 0;
  for (const saddle of run.saddles) {
    saddle.eigenvalues.forEach((value, i) => {
      if (value === null) return;
      largest = Math.max(largest, Math.abs(value));
      if (eigenvalueClass(saddle, i) !== 'zero') smallest = Math.min(smallest, Math.abs(value) || Infinity);
    });
  }
  const floor = largest * 1e-12;
  return 10 ** Math.floor(Math.log10(Math.max(floor, Math.min(smallest, largest * 0.1)) || 1e-12));
}

/** Of all eigenvalues, or of as many at both ends while all are counted. */
function eigenvalueClass(saddle, i) {
  if (saddle.negative < 0) return saddle.eigenvalues[i] < 0 ? 'negative' : 'positive';
  const known = saddle.eigenvalues.length, all = saddle.negative + saddle.zero + saddle.positive;
  const place = i < Math.floor(known / 2) ? i : all - known + i;
  return place < saddle.negative ? 'negative' : place < saddle.negative + saddle.zero ? 'zero' : 'positive';
}

function drawSpectrum(frame, saddle, threshold, low, high) {
  const width = frame.clientWidth, height = 220, left = 66, top = 8, bottom = 20;
  const [canvas, context] = sharpCanvas(width, height);
  const values = saddle.eigenvalues, count = values.length;
  const y = (position) => top + ((high - position) / (high - low)) * (height - top - bottom);
  const x = (i) => left + 8 + ((i + 0.5) / count) * (width - left - 16);
  const every = Math.max(1, Math.ceil((high - low) / 9));
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const exponent = Math.round(Math.log10(threshold));
  for (let k = Math.ceil(low); k <= high; k += 1) {
    if (k % every) continue;
    context.strokeStyle = colour(k === 0 ? 'mark' : 'grid');
    line(context, left, y(k), width - 4, y(k));
    context.fillStyle = colour('soft');
    const label = k === 0 ? '0' : (k < 0 ? minus : '') + power10(exponent + Math.abs(k) - 1);
    context.fillText(label, left - 6, y(k));
  }
  const colours = {negative: colour('high'), zero: colour('faint'), positive: colour('low')};
  const radius = Math.max(1.4, Math.min(3, (width - left) / count / 2));
  values.forEach((value, i) => {
    if (value === null) return;
    context.fillStyle = colours[eigenvalueClass(saddle, i)];
    disc(context, x(i), y(symlog(value, threshold)), radius);
  });
  context.fillStyle = colour('soft');
  context.textAlign = 'left';
  context.textBaseline = 'bottom';
  context.fillText('1', x(0) - 3, height - 1);
  context.textAlign = 'right';
  context.fillText(String(count), x(count - 1) + 3, height - 1);
  context.textAlign = 'center';
  context.fillText('rank', (left + width) / 2, height - 1);
  context.save();
  context.translate(8, (top + height - bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = 'middle';
  context.fillText('eigenvalue λ', 0, 0);
  context.restore();
  hover(canvas, (at) => {
    const i = Math.max(0, Math.min(count - 1, Math.round(((at - left - 8) / (width - left - 16)) * count - 0.5)));
    return at < left || values[i] === null ? null : `rank ${i + 1} of ${count}: λ = ${number(values[i], 5)}, ${eigenvalueClass(saddle, i)}`;
  });
  frame.replaceChildren(named(canvas, `spectrum of the Hessian, ${count} eigenvalues by rank`));
}

function spectrumTable(saddle) {
  return [['rank', 'eigenvalue', 'sign'], ...saddle.eigenvalues.map((value, i) => [i + 1, value, value === null ? '' : eigenvalueClass(saddle, i)])];
}

function addSpectra() {
  const parent = section('spectrum');
  parent.querySelectorAll('.spectra, .empty').forEach((old) => old.remove());
  const shown = run.saddles.map((saddle, i) => ({saddle, i})).filter(({saddle}) => saddle.eigenvalues.some(known));
  if (!shown.length) {
    parent.append(element('p', {class: 'empty'}, 'No visit of this run has a stored spectrum.'));
    return;
  }
  const threshold = linearZone();
  const positions = shown.flatMap(({saddle}) => saddle.eigenvalues.filter(known).map((v) => symlog(v, threshold)));
  const low = Math.min(-1, Math.floor(Math.min(...positions) - 0.2));
  const high = Math.max(1, Math.ceil(Math.max(...positions) + 0.2));
  const grid = element('div', {class: 'spectra'});
  parent.append(grid);
  for (const {saddle, i} of shown) {
    const frame = element('div', {'data-spectrum': i + 1});
    const count = (name) => (saddle[name] >= 0 ? saddle[name] : '?');
    const figure = element('figure', {class: 'figure'},
        element('figcaption', {class: 'caption'}, element('h3', {}, visitName(saddle, i)),
                element('span', {class: 'values'}, element('span', {}, 'loss ', element('b', {}, number(saddle.loss)))),
                element('span', {class: 'counts'},
                        element('span', {class: 'negative'}, `${count('negative')} negative`), ' · ',
                        element('span', {class: 'zero'}, `${count('zero')} zero`), ' · ',
                        element('span', {class: 'positive'}, `${count('positive')} positive`)),
                downloads(`spectrum of ${visitName(saddle, i)}`, async () => panelSvg(figure), () => spectrumTable(saddle))),
        frame);
    grid.append(figure);
    drawSpectrum(frame, saddle, threshold, low, high);
  }
}
