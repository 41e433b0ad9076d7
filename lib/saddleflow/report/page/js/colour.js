// Colours come from the style sheet, so that light, dark and print agree; canvases need them resolved.

const probe = element('span', {style: 'display:none'});
document.body.append(probe);

function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** [r, g, b] of a resolved colour. */
const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);

const isDark = () => channels(colour('paper'))[0] < 128;

/** value in [-1, 1] to low ... zero ... high. */
function divergingScale() {
  const [low, zero, high] = ['low', 'zero', 'high'].map((name) => channels(colour(name)));
  return (value) => {
    const end = value < 0 ? low : high;
    const share = Math.min(1, Math.abs(value));
    return `rgb(${zero.map((from, i) => Math.round(from + (end[i] - from) * share)).join(' ')})`;
  };
}

const layerHues = [212, 22, 162, 276, 46, 338];

/** One hue for each layer, neighbours within a layer told apart by shade. */
function neuronColour(layer, rank, count) {
  const hue = layerHues[layer % layerHues.length];
  const share = count > 1 ? rank / (count - 1) : 0;
  const lightness = isDark() ? 76 - 30 * share : 30 + 34 * share;
  return `hsl(${hue + 26 * (share - 0.5)} ${isDark() ? 68 : 62}% ${lightness}%)`;
}

/** The hue tells the angle. */
function angleColour(angle) {
  const degrees = (angle * 180) / Math.PI;
  return `oklch(${isDark() ? 0.76 : 0.55} 0.14 ${(degrees + 360) % 360})`;
}
