// Canvases that are sharp on every screen.

/** A canvas of width x height CSS pixels and its context, scaled to the screen. */
function sharpCanvas(width, height) {
  const ratio = Math.max(2, devicePixelRatio);
  const canvas = element('canvas', {width: Math.round(width * ratio), height: Math.round(height * ratio),
                                    style: `width:${width}px;height:${height}px`});
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  canvas.calls = [];
  const recorded = recording(context, canvas.calls);
  recorded.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return [canvas, recorded];
}

/** The context, and a list of all that is done with it, so that it can be done once more on SVG (download.js). */
function recording(context, calls) {
  return new Proxy(context, {
    get: (target, name) => (typeof target[name] !== 'function' ? target[name] : (...values) => {
      calls.push([name, values]);
      return target[name](...values);
    }),
    set: (target, name, value) => {
      calls.push([name, value]);
      target[name] = value;
      return true;
    },
  });
}

/** Names a picture for those who do not see it. */
function named(canvas, label) {
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  return canvas;
}

/** A tip beside the pointer; `tell(x, y)`, in CSS pixels of the canvas, gives its text, or null for none. */
function hover(canvas, tell) {
  const tip = element('div', {class: 'tip floating', hidden: ''});
  canvas.addEventListener('mousemove', (event) => {
    const text = tell(event.offsetX, event.offsetY);
    tip.hidden = text === null;
    if (text === null) return;
    tip.textContent = text;
    if (!tip.isConnected) document.body.append(tip);
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.clientY + 14}px`;
  });
  canvas.addEventListener('mouseleave', () => tip.remove());
  return canvas;
}

/** The numbers of rows (or columns) beside a map, as many as have room. */
function numberStrip(labels, length, vertical) {
  const wide = 22, [canvas, context] = sharpCanvas(vertical ? wide : length, vertical ? length : 13), cell = length / labels.length;
  const room = vertical ? 9 : 7 + 5.4 * Math.max(...labels.map((label) => String(label).length)), every = Math.max(1, Math.ceil(room / cell));
  context.font = `9px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = colour('soft');
  context.textAlign = vertical ? 'right' : 'center';
  context.textBaseline = 'middle';
  for (let k = 0; k < labels.length; k += every) {
    if (vertical) context.fillText(String(labels[k]), wide - 3, (k + 0.5) * cell);
    else context.fillText(String(labels[k]), (k + 0.5) * cell, 7);
  }
  return canvas;
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

const lengthOf = (row) => Math.hypot(...row);
