#include "ode/switching/filippov_cases.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/tools/roots.hpp>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow::test {
namespace {

using Kind = ModeChangeKind;

Vector vector(std::initializer_list<Real> values) {
  Vector v(static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), v.data());
  return v;
}

template <class F>
Real root(const F& f, Real a, Real b) {
  std::uintmax_t iterations = 200;
  const auto close = [](Real x, Real y) { return std::abs(x - y) <= Real(4e-16) * std::abs(x); };
  const auto [low, high] = boost::math::tools::toms748_solve(f, a, b, close, iterations);
  return (low + high) / 2;
}

/// Phases of the brick one after another: where it reaches the belt's speed, and what it does there.
class Brick {
 public:
  Brick(Real mu, Real speed, Real kappa) : mu_(mu), v_(speed), kappa_(kappa) {}

  FilippovSystem system() const {
    Matrix above = Matrix::Zero(2, 2), below = above;
    above(0, 1) = below(0, 1) = 1;
    above(1, 0) = below(1, 0) = -1;
    below(1, 1) = kappa_;
    return FilippovSystem({plane(vector({0, 1}), v_)},
                          {affine(below, vector({0, mu_ - kappa_ * v_})), affine(above, vector({0, -mu_}))});
  }
  /// x(t) on the near side of the belt's speed, t after the state (x, y) at 0.
  Vector slipping(bool above, const Vector& x, Real t) const {
    const Real kappa = above ? 0 : kappa_, centre = above ? -mu_ : mu_ - kappa_ * v_;
    const Real omega = std::sqrt(1 - kappa * kappa / 4), growth = std::exp(kappa * t / 2);
    const Real a = x[0] - centre, b = (x[1] - kappa * a / 2) / omega;
    const Real c = std::cos(omega * t), s = std::sin(omega * t);
    const Real place = growth * (a * c + b * s);
    return vector({centre + place, kappa / 2 * place + growth * omega * (b * c - a * s)});
  }
  /// Follows the phases from `x` off the belt's speed to `end`.
  void follow(FilippovCase& result) const {
    Vector x = result.start;
    Real t = 0;
    bool above = x[1] > v_, at_belt = false;
    while (true) {
      const Real way = landing(above, x, at_belt, result.end - t);
      if (t + way > result.end) {
        result.final_state = slipping(above, x, result.end - t);
        return;
      }
      x = slipping(above, x, way);
      t += way;
      at_belt = true;
      if (std::abs(x[0]) > mu_) {
        above = !above;
        result.expected.push_back({t, 0, Kind::cross, above ? Side::above : Side::below});
        continue;
      }
      result.expected.push_back({t, 0, Kind::enter, Side::sliding});
      t += (mu_ - x[0]) / v_;
      if (t > result.end) {
        result.final_state = vector({mu_ - (t - result.end) * v_, v_});
        return;
      }
      x = vector({mu_, v_});
      above = false;
      result.expected.push_back({t, 0, Kind::release, Side::below});
    }
  }

 private:
  // The next time at which the speed is that of the belt; beyond `longest` any time is as good.
  Real landing(bool above, const Vector& x, bool at_belt, Real longest) const {
    const auto gap = [&](Real t) { return slipping(above, x, t)[1] - v_; };
    const Real step = Real(0.01), sign = above ? 1 : -1;
    Real t = at_belt ? step : 0;
    while (sign * gap(t + step) > 0)
      if ((t += step) > longest) return t;
    return root(gap, t, t + step);
  }

  Real mu_, v_, kappa_;
};

FilippovCase brick(const std::string& name, Real kappa, const Vector& start, Real end) {
  const Brick model(1, Real(0.5), kappa);
  FilippovCase result{name, model.system(), start, end, {}, {}};
  model.follow(result);
  return result;
}

}  // namespace

FilippovCase brick_on_belt() { return brick("brick on a belt", Real(0.2), vector({-1, 2}), 30); }

FilippovCase fast_brick() { return brick("fast brick", 0, vector({0, Real(5.5)}), 11); }

FilippovCase relay() {
  const Real root2 = std::numbers::sqrt2_v<Real>;
  Matrix a = Matrix::Zero(2, 2);
  a(0, 1) = 1;
  FilippovSystem system({plane(vector({1, 0}), 0)}, {affine(a, vector({0, 1})), affine(a, vector({0, -1}))});
  FilippovCase result{"relay", std::move(system), vector({Real(0.5), 1}), 1 + 12 * root2, {}, {}};
  for (int k = 0; k < 6; ++k)
    result.expected.push_back({1 + root2 + 2 * root2 * static_cast<Real>(k), 0, Kind::cross,
                               k % 2 == 0 ? Side::below : Side::above});
  // sqrt(2) after the last of them: half way to the next, on the upper side.
  result.final_state = vector({1, 0});
  return result;
}

FilippovCase sliding_relay() {
  Matrix a = Matrix::Zero(2, 2);
  a(0, 1) = 1;
  FilippovSystem system({plane(vector({1, 1}), 0)}, {affine(a, vector({0, 1})), affine(a, vector({0, -1}))});
  FilippovCase result{"sliding relay", std::move(system), vector({3, 0}), 6, {}, {}};
  // x' = -t until 3 - t^2/2 - t = 0; then x' grows until (x' + 1) t + t^2/2 = 0.
  const Real first = std::sqrt(Real(7)) - 1, way = 2 * (first - 1), enter = first + way;
  result.expected = {{first, 0, Kind::cross, Side::below}, {enter, 0, Kind::enter, Side::sliding}};
  const Real speed = (way - first) * std::exp(enter - result.end);
  result.final_state = vector({-speed, speed});
  return result;
}

// x' = g e1 - a x outside, g e1 + b x inside; on the circle tan(angle / 2) decays like e^{-g t} until
// g cos(angle) = a.
FilippovCase windy_circle() {
  const Real g = 2, a = Real(1.5), b = 3;
  const Vector wind = vector({g, 0});
  const Matrix one = Matrix::Identity(2, 2);
  const SwitchFunction circle{[](const Vector& x) { return x.squaredNorm() - 1; },
                              [](const Vector& x) -> Vector { return 2 * x; },
                              [](const Vector&) -> Matrix { return 2 * Matrix::Identity(2, 2); }};
  FilippovCase result{"windy circle",
                      FilippovSystem({circle}, {affine(b * one, wind), affine(-a * one, wind)}, 2),
                      vector({Real(-0.75), Real(0.25)}),
                      2,
                      {},
                      {}};
  // Inside: x + wind / b grows by E = e^{b t}; |x| = 1 is a quadratic equation for E.
  const Vector p = result.start + wind / b;
  const Real dot = p.dot(wind) / b;
  const Real grown = (dot + std::sqrt(dot * dot - p.squaredNorm() * (g * g / (b * b) - 1))) / p.squaredNorm();
  const Real enter = std::log(grown) / b;
  const Vector x = grown * p - wind / b;
  const Real angle = std::atan2(x[1], x[0]), free = std::acos(a / g);
  const Real release = enter + std::log(std::tan(angle / 2) / std::tan(free / 2)) / g;
  result.expected = {{enter, 0, Kind::enter, Side::sliding}, {release, 0, Kind::release, Side::above}};
  const Vector at = vector({std::cos(free), std::sin(free)});
  result.final_state = wind / a + std::exp(a * (release - result.end)) * (at - wind / a);
  return result;
}

namespace {

/// y = (y1, y2, clock, integral), signs u, v of the planes y1 = 0, y2 = 0 and p = clock^2 / 16:
///   y1' = -u + v/4 + p,  y2' = -v/2 + u/5 + u v/10,  clock' = 1,  integral' = u + 2 v.
/// In coordinates x = mix y, in which neither plane is orthogonal to an axis, nor they to one another.
struct Planes {
  Planes() : mix(4, 4), back(4, 4) {
    mix << 2, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 0, 2;
    LuFactors factors;
    factors.compute(mix);
    for (Index i = 0; i < 4; ++i) back.col(i) = factors.solve(Vector::Unit(4, i));
  }
  SmoothField field(Real u, Real v, Real growth) const {
    const Matrix m = mix, b = back;
    return {
        [=](const Vector& x) -> Vector {
          const Real clock = b.row(2).dot(x);
          return m * vector({-u + v / 4 + growth * clock * clock, -v / 2 + u / 5 + u * v / 10, 1, u + 2 * v});
        },
        [=](const Vector& x) -> Matrix {
          Matrix j = Matrix::Zero(4, 4);
          j(0, 2) = 2 * growth * b.row(2).dot(x);
          return m * j * b;
        }};
  }
  FilippovSystem system(Real growth) const {
    return FilippovSystem(
        {plane(back.row(0).transpose(), 0), plane(back.row(1).transpose(), 0)},
        {field(-1, -1, growth), field(1, -1, growth), field(-1, 1, growth), field(1, 1, growth)});
  }
  Matrix mix, back;
};

// Sliding on both: u = v/4 + p makes the second condition v^2/40 + (p/10 - 9/20) v + p/5 = 0.
Real second_sign(Real t) {
  const Real p = t * t / 16, half = Real(0.45) - p / 10;
  return 20 * (half - std::sqrt(half * half - p / 50));
}

template <class F>
Real integral(const F& f, Real a, Real b) {
  return boost::math::quadrature::gauss<Real, 60>::integrate(f, a, b);
}

}  // namespace

FilippovCase two_planes() {
  const Planes planes;
  const Real y1 = Real(0.5), y2 = Real(0.4), end = 5;
  FilippovCase result{
      "two planes", planes.system(Real(1) / 16), planes.mix * vector({y1, y2, 0, 0}), end, {}, {}};
  // Above both; then u = 1/4 + p, v = 1; then both slide, until u = 1 at p = 7/8, v = 1/2.
  const Real first = root([&](Real t) { return y1 - Real(0.75) * t + t * t * t / 48; }, Real(0), Real(1));
  const auto second_height = [&](Real t) {
    return y2 - Real(0.2) * first - Real(0.425) * (t - first) +
           Real(0.00625) * (t * t * t - first * first * first);
  };
  const Real second = root(second_height, first, Real(3)), release = std::sqrt(Real(14));
  result.expected = {{first, 0, Kind::enter, Side::sliding},
                     {second, 1, Kind::enter, Side::sliding},
                     {release, 0, Kind::release, Side::above}};
  Real sum = 3 * first;
  sum += integral([](Real t) { return Real(2.25) + t * t / 16; }, first, second);
  sum += integral([](Real t) { return Real(2.25) * second_sign(t) + t * t / 16; }, second, release);
  sum += 2 * (end - release);
  const Real left = -Real(0.875) * (end - release) + (end * end * end - release * release * release) / 48;
  result.final_state = planes.mix * vector({left, 0, end, sum});
  return result;
}

// With p = 0 the heights fall at 3/4 and 1/5; sliding on both is u = v = 0.
FilippovCase corner_hit() {
  const Planes planes;
  const Real meet = Real(1.5);
  FilippovCase result{
      "corner", planes.system(0), planes.mix * vector({Real(0.75) * meet, Real(0.2) * meet, 0, 0}), 3, {},
      {}};
  result.expected = {{meet, 0, Kind::enter, Side::sliding}, {meet, 1, Kind::enter, Side::sliding}};
  result.final_state = planes.mix * vector({0, 0, 3, 3 * meet});
  return result;
}

std::vector<FilippovCase> filippov_cases() {
  return {brick_on_belt(), fast_brick(), relay(),     sliding_relay(),
          windy_circle(),  two_planes(), corner_hit()};
}

}  // namespace saddleflow::test
