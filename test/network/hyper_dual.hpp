// Hyper-dual numbers: exact first and second derivatives by forward arithmetic (J. Fike and J. Alonso, The
// development of hyper-dual numbers for exact second-derivative calculations, AIAA 2011-886).
#pragma once

#include <cmath>

namespace saddleflow::test {

/// value + first e1 + second e2 + both e1 e2, with e1^2 = e2^2 = 0: `both` carries the mixed second
/// derivative.
struct HyperDual {
  long double value = 0, first = 0, second = 0, both = 0;

  HyperDual() = default;
  HyperDual(long double x) : value(x) {}  // NOLINT: constants mix with variables, as in any formula
};

inline HyperDual operator+(HyperDual a, const HyperDual& b) {
  a.value += b.value;
  a.first += b.first;
  a.second += b.second;
  a.both += b.both;
  return a;
}

inline HyperDual operator*(const HyperDual& a, const HyperDual& b) {
  HyperDual c;
  c.value = a.value * b.value;
  c.first = a.first * b.value + a.value * b.first;
  c.second = a.second * b.value + a.value * b.second;
  c.both = a.both * b.value + a.first * b.second + a.second * b.first + a.value * b.both;
  return c;
}

/// f(a) from f, f', f'' at a.value.
inline HyperDual chain(const HyperDual& a, long double f, long double df, long double ddf) {
  HyperDual c;
  c.value = f;
  c.first = df * a.first;
  c.second = df * a.second;
  c.both = df * a.both + ddf * a.first * a.second;
  return c;
}

inline HyperDual exp(const HyperDual& a) {
  const long double e = std::exp(a.value);
  return chain(a, e, e, e);
}

inline HyperDual log(const HyperDual& a) {
  return chain(a, std::log(a.value), 1 / a.value, -1 / (a.value * a.value));
}

}  // namespace saddleflow::test
