#include "ode/switching/filippov.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow::test {
namespace {

Real outside(Real s) { return std::max({-s, s - 1, Real(0)}); }

/// Roots of a s^2 + b s + c; where there is none, the point at which it is smallest.
std::pair<Real, Real> quadratic_roots(Real a, Real b, Real c) {
  const Real scale = std::max({std::abs(a), std::abs(b), std::abs(c)});
  if (std::abs(a) <= Real(1e-14) * scale) return {-c / b, -c / b};
  const Real root = std::sqrt(std::max(b * b - 4 * a * c, Real(0)));
  const Real q = -(b + std::copysign(root, b)) / 2;
  return {q / a, q != 0 ? c / q : Real(0)};
}

StepperOptions at_tolerance(Real rtol) {
  StepperOptions options;
  options.error.rtol = rtol;
  return options;
}

PiecewiseStepper::Options switching_options(Real rtol) {
  PiecewiseStepper::Options options;
  options.drift = Real(0.01) * rtol;
  return options;
}

}  // namespace

SwitchFunction plane(const Vector& normal, Real offset) {
  return {[normal, offset](const Vector& x) { return normal.dot(x) - offset; },
          [normal](const Vector&) { return normal; },
          {}};
}

SmoothField affine(const Matrix& a, const Vector& b) {
  return {[a, b](const Vector& x) -> Vector { return a * x + b; }, [a](const Vector&) { return a; }};
}

SmoothField constant(const Vector& b) {
  return {[b](const Vector&) { return b; }, {}};
}

FilippovSystem::FilippovSystem(std::vector<SwitchFunction> switches, std::vector<SmoothField> fields,
                               int degree)
    : switches_(std::move(switches)), fields_(std::move(fields)), degree_(degree) {}

FilippovSystem::FilippovSystem(const FilippovSystem& other)
    : SwitchedSystem(other),
      switches_(other.switches_),
      fields_(other.fields_),
      degree_(other.degree_),
      mode_(other.mode_) {}

Vector FilippovSystem::mixed(const Vector& x, const Vector& s) const {
  Vector sum = Vector::Zero(x.size());
  for (std::size_t c = 0; c < fields_.size(); ++c) {
    Real weight = 1;
    for (Index k = 0; k < s.size(); ++k) weight *= (c >> k) % 2 == 1 ? s[k] : 1 - s[k];
    if (weight != 0) sum += weight * fields_[c].value(x);
  }
  return sum;
}

Vector FilippovSystem::by_slope(const Vector& x, const Vector& s, Index k) const {
  Vector high = s, low = s;
  high[k] = 1;
  low[k] = 0;
  return mixed(x, high) - mixed(x, low);
}

// z' is affine in the slope.
Real FilippovSystem::one_slope(const Vector& x, Vector s, Index k) const {
  const Vector normal = of(k).gradient(x);
  s[k] = 0;
  const Real low = normal.dot(mixed(x, s));
  s[k] = 1;
  const Real high = normal.dot(mixed(x, s));
  return low == high ? Real(0.5) : low / (low - high);
}

// z_k' = a_k + b_k s_0 + c_k s_1 + d_k s_0 s_1 for both k; without s_0 a quadratic equation for s_1. Of its
// roots the one nearer to the square.
Vector FilippovSystem::two_slopes(const Vector& x) const {
  Real a[2], b[2], c[2], d[2];
  for (Index k = 0; k < 2; ++k) {
    const Vector normal = of(k).gradient(x);
    Real at[4];
    for (std::size_t corner = 0; corner < 4; ++corner) at[corner] = normal.dot(fields_[corner].value(x));
    a[k] = at[0];
    b[k] = at[1] - at[0];
    c[k] = at[2] - at[0];
    d[k] = at[3] - at[2] - at[1] + at[0];
  }
  const auto [first, second] =
      quadratic_roots(c[1] * d[0] - d[1] * c[0], a[1] * d[0] - b[1] * c[0] + c[1] * b[0] - d[1] * a[0],
                      a[1] * b[0] - b[1] * a[0]);
  const auto with = [&](Real s1) {
    const Real divisor = b[0] + d[0] * s1, other = b[1] + d[1] * s1;
    const bool by_first = std::abs(divisor) >= std::abs(other);
    const Real s0 = by_first ? -(a[0] + c[0] * s1) / divisor : -(a[1] + c[1] * s1) / other;
    return Vector(Eigen::Matrix<Real, 2, 1>(s0, s1));
  };
  const Vector s = with(first), t = with(second);
  return outside(s[0]) + outside(s[1]) <= outside(t[0]) + outside(t[1]) ? s : t;
}

Vector FilippovSystem::all_slopes(const Vector& x) const {
  Vector s(switch_count());
  for (Index k = 0; k < s.size(); ++k) s[k] = mode_.side(k) == Side::above ? 1 : 0;
  if (mode_.sliding.size() == 1) {
    const Index k = mode_.sliding.front();
    s[k] = one_slope(x, s, k);
  } else if (mode_.sliding.size() == 2) {
    s = two_slopes(x);
  }
  return s;
}

Vector FilippovSystem::rate(const Vector& x) const { return mixed(x, all_slopes(x)); }

// f(x; s(x)) with s(x) from g = grad z . f = 0: f_x - f_s g_s^{-1} g_x.
Matrix FilippovSystem::jacobian(const Vector& x) const {
  const Vector s = all_slopes(x), f = mixed(x, s);
  const Index n = x.size(), m = static_cast<Index>(mode_.sliding.size());
  Matrix j = Matrix::Zero(n, n);
  for (std::size_t c = 0; c < fields_.size(); ++c) {
    Real weight = 1;
    for (Index k = 0; k < s.size(); ++k) weight *= (c >> k) % 2 == 1 ? s[k] : 1 - s[k];
    if (fields_[c].jacobian && weight != 0) j += weight * fields_[c].jacobian(x);
  }
  if (m == 0) return j;
  Matrix f_s(n, m), normals(n, m), g_x(m, n);
  for (Index c = 0; c < m; ++c) {
    const Index k = mode_.sliding[static_cast<std::size_t>(c)];
    f_s.col(c) = by_slope(x, s, k);
    normals.col(c) = of(k).gradient(x);
    g_x.row(c) = normals.col(c).transpose() * j;
    if (of(k).hessian) g_x.row(c) += f.transpose() * of(k).hessian(x);
  }
  return j - f_s * minimum_norm_least_squares(normals.transpose() * f_s, g_x);
}

void FilippovSystem::values(const Vector& x, Vector& z) {
  z.resize(switch_count());
  for (Index k = 0; k < z.size(); ++k) z[k] = of(k).value(x);
}

void FilippovSystem::rates(const Vector& x, const std::vector<Index>& which, Vector& rate_out, Vector& unit) {
  const Vector f = rate(x);
  rate_out.resize(static_cast<Index>(which.size()));
  unit.resize(rate_out.size());
  for (Index c = 0; c < rate_out.size(); ++c) {
    const Vector normal = of(which[static_cast<std::size_t>(c)]).gradient(x);
    rate_out[c] = normal.dot(f);
    unit[c] = normal.norm() * f.norm();
  }
}

void FilippovSystem::slopes(const Vector& x, Vector& s) {
  const Vector all = all_slopes(x);
  s.resize(static_cast<Index>(mode_.sliding.size()));
  for (Index c = 0; c < s.size(); ++c) s[c] = all[mode_.sliding[static_cast<std::size_t>(c)]];
}

bool FilippovSystem::least_norm(const Vector& x, Vector& s, Vector& attraction) {
  constexpr int rounds = 200;
  Vector all(switch_count());
  for (Index k = 0; k < all.size(); ++k)
    all[k] = mode_.side(k) == Side::above ? 1 : mode_.side(k) == Side::below ? 0 : Real(0.5);
  const auto count = static_cast<Index>(mode_.sliding.size());
  s.resize(count);
  attraction.resize(count);
  for (int round = 0; round < rounds; ++round)
    for (Index c = 0; c < count; ++c) {
      const Index k = mode_.sliding[static_cast<std::size_t>(c)];
      attraction[c] = -of(k).gradient(x).dot(by_slope(x, all, k));
      if (attraction[c] > 0) all[k] = std::clamp(one_slope(x, all, k), Real(0), Real(1));
      s[c] = all[k];
    }
  return true;
}

Real FilippovSystem::project(Vector& x, const std::vector<Index>& which) {
  std::vector<Index> all = mode_.sliding;
  for (const Index k : which)
    if (mode_.side(k) != Side::sliding) all.push_back(k);
  const auto m = static_cast<Index>(all.size());
  Real moved = 0;
  for (int round = 0; round < 3 && m > 0; ++round) {
    Matrix normals(m, x.size());
    Vector z(m);
    for (Index c = 0; c < m; ++c) {
      const SwitchFunction& surface = of(all[static_cast<std::size_t>(c)]);
      normals.row(c) = surface.gradient(x).transpose();
      z[c] = surface.value(x);
    }
    const Vector move = minimum_norm_least_squares(normals, z);
    moved += move.norm();
    x -= move;
  }
  return moved / std::max(x.norm(), Real(1));
}

Real FilippovSystem::drift(const Vector& x) {
  Real largest = 0;
  for (const Index k : mode_.sliding)
    largest = std::max(largest, std::abs(of(k).value(x)) / (of(k).gradient(x).norm() * x.norm()));
  return largest;
}

void FilippovSystem::paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) {
  out.clear();
  for (Index k = 0; k < switch_count(); ++k) {
    if (mode_.side(k) == Side::sliding) continue;
    SwitchPath path;
    path.index = k;
    for (const Vector& x : nodes) path.values.push_back(of(k).value(x));
    out.push_back(std::move(path));
  }
}

FilippovRun::FilippovRun(FilippovSystem of, const std::string& method, Real rtol, const Vector& x0)
    : system(std::move(of)),
      stepper(system, make_stepper(method, at_tolerance(rtol)), switching_options(rtol)) {
  stepper.initialize(x0, 0, Real(1e-3));
}

void FilippovRun::step(Real end) {
  stepper.set_time_step(std::min(stepper.current_time_step(), end - stepper.current_time()));
  const Real before = stepper.do_step(system.field()).first;
  ++steps;
  for (const ModeChange& change : stepper.changes())
    records.push_back({before, change.index, change.kind, change.side});
}

void FilippovRun::drive(Real end) {
  while (stepper.current_time() < end * (1 - Real(1e-15)) && steps < 1000000) step(end);
}

}  // namespace saddleflow::test
