// Numbers for people.

const superscripts = {'-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹'};
const minus = '\u2212';
const thinSpace = '\u2009';

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

const hasLeft = (visit) => known(visit.leave?.time);
/** The critical point of a visit, refined and classified, where a catalogue has it; the visit alone does not tell its kind. */
const pointOf = (visit) => (visit.point >= 0 ? run.catalogue.points[visit.point] : null);
const visitKind = (visit) => (pointOf(visit) ? plainWords(pointOf(visit).kind) : `${visit.depth}, ${hasLeft(visit) ? 'left' : 'stayed'}`);
const visitName = (visit, i) => pointOf(visit)?.name ?? `visit ${i + 1}`;

/** The j-th input of the network, from 0; a bias is the last one. */
const inputName = (j) => (run.network.bias && j + 1 === run.network.layers[0] ? 'bias' : `input ${j + 1}`);

function power10(exponent) {
  return '10' + [...String(exponent)].map((c) => superscripts[c]).join('');
}

function grouped(text) {
  const [whole, fraction] = text.split('.');
  const digits = whole.replace('-', '');
  const spaced = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, thinSpace) : digits;
  return (whole.startsWith('-') ? minus : '') + spaced + (fraction ? '.' + fraction : '');
}

/** 0.2593, 12 345, 3.1×10⁻⁷; a dash for what is not known. */
function number(value, digits = 4) {
  if (!known(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return grouped(String(value));
  if (size >= 1e-3 && size < 1e6) {
    const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
    return grouped(value.toFixed(Math.min(decimals, 12)).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''));
  }
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '') : mantissa;
  const factor = short === '1' ? '' : short === '-1' ? minus : short.replace('-', minus) + '×';
  return factor + power10(Number(exponent));
}

/** A time with enough digits to tell neighbouring events apart. */
const moment = (value) => number(value, 7);

/** Labels of equally spaced ticks: as many decimals as their spacing needs. */
function linearLabels(ticks) {
  const spacing = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(ticks[0]) || 1;
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest >= 1e6 || (largest < 1e-3 && largest > 0)) {
    return ticks.map((tick) => number(Math.abs(tick) < spacing / 1e6 ? 0 : tick, 4));
  }
  const decimals = Math.max(0, -Math.floor(Math.log10(spacing) + 1e-9));
  return ticks.map((tick) => grouped((Math.abs(tick) < spacing / 1e6 ? 0 : tick).toFixed(decimals)));
}

/** Labels of logarithmic ticks: powers of ten where the axis leaves the range of plain numbers. */
function logLabels(ticks) {
  const plain = ticks[0] >= 1e-3 && ticks.at(-1) <= 1e4;
  return ticks.map((tick) => {
    const exponent = Math.round(Math.log10(tick));
    const isPower = Math.abs(Math.log10(tick) - exponent) < 1e-9;
    return isPower && !plain && exponent !== 0 ? power10(exponent) : number(tick, 3);
  });
}
