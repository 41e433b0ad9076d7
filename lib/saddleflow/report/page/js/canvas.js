// Canvases that are sharp on every screen.

/** A canvas of width x height CSS pixels and its context, scaled to the screen. */
function sharpCanvas(width, height) {
  const ratio = Math.max(2, devicePixelRatio);
  const canvas = element('canvas', {width: Math.round(width * ratio), height: Math.round(height * ratio),
                                    style: `width:${width}px;height:${height}px`});
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return [canvas, context];
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
