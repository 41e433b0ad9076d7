#include "flow/slow_flow.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace saddleflow::test {

namespace {

constexpr int kMostCrossings = 10000;
constexpr int kHalvings = 70;  // 2^-70 of a step is rounding of a long double

/// A factor for each pre-activation of a sample, layer after layer: 1 above zero, the slope below.
using Sides = std::vector<LongNumbers>;

long double raised(long double x, int power) {
  long double y = 1;
  for (int k = 0; k < power; ++k) y *= x;
  return y;
}

class SlowStepper {
 public:
  SlowStepper(const SlowFlow& flow, LongNumbers w) : flow_(flow), w_(std::move(w)) {
    int offset = 0;
    for (std::size_t l = 0; l < layers(); ++l) {
      offsets_.push_back(offset);
      offset += flow.sizes[l] * flow.sizes[l + 1];
    }
    sides_ = sides_at(w_);
  }

  const LongNumbers& weights() const { return w_; }
  int crossings() const { return crossings_; }

  /// From t to t + length; in the time ln t where `in_log`, `length` is that of ln t.
  void advance(long double t, long double length, bool in_log) {
    long double done = 0;
    while (done < length) {
      const long double start = in_log ? t * std::exp(done) : t + done;
      LongNumbers next = runge_kutta(start, length - done, in_log);
      if (sides_at(next) == sides_) {
        w_ = next;
        return;
      }
      done += cut(start, length - done, in_log);
    }
  }

 private:
  /// To where the first sign changes; the new signs hold from there.
  long double cut(long double t, long double length, bool in_log) {
    long double low = 0, high = length;
    for (int k = 0; k < kHalvings; ++k) {
      const long double middle = (low + high) / 2;
      (sides_at(runge_kutta(t, middle, in_log)) == sides_ ? low : high) = middle;
    }
    w_ = runge_kutta(t, high, in_log);
    sides_ = sides_at(w_);
    if (++crossings_ > kMostCrossings) throw std::runtime_error("slow flow: the signs change without end");
    return high;
  }

  LongNumbers runge_kutta(long double t, long double h, bool in_log) const {
    const auto velocity = [&](const LongNumbers& w, long double later) {
      LongNumbers v = minus_gradient(w);
      if (in_log)
        for (long double& x : v) x *= t * std::exp(later);  // dt = t d(ln t)
      return v;
    };
    const auto moved = [this](long double by, const LongNumbers& k) {
      LongNumbers x = w_;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += by * k[i];
      return x;
    };
    const LongNumbers k1 = velocity(w_, 0), k2 = velocity(moved(h / 2, k1), h / 2),
                      k3 = velocity(moved(h / 2, k2), h / 2), k4 = velocity(moved(h, k3), h);
    LongNumbers x = w_;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += h / 6 * (k1[i] + 2 * (k2[i] + k3[i]) + k4[i]);
    return x;
  }

  // Weight of layer l from unit b to unit a: matrices one after the other, column by column.
  std::size_t place(std::size_t l, int a, int b) const {
    return static_cast<std::size_t>(offsets_[l] + a + b * flow_.sizes[l + 1]);
  }

  std::size_t layers() const { return flow_.sizes.size() - 1; }

  /// Sums of each layer for one sample; with sides those of the activation are kept.
  std::vector<LongNumbers> sums(const LongNumbers& w, const LongNumbers& x, const LongNumbers* side,
                                std::vector<LongNumbers>& below) const {
    std::vector<LongNumbers> z(layers());
    below.assign(layers(), {});
    LongNumbers a = x;
    std::size_t unit = 0;
    for (std::size_t l = 0; l < layers(); ++l) {
      below[l] = a;
      const int rows = flow_.sizes[l + 1];
      z[l].assign(static_cast<std::size_t>(rows), 0);
      for (int r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < a.size(); ++c)
          z[l][static_cast<std::size_t>(r)] += w[place(l, r, static_cast<int>(c))] * a[c];
      if (l + 1 == layers()) break;
      a.assign(z[l].size(), 0);
      for (std::size_t r = 0; r < a.size(); ++r, ++unit) {
        const long double factor = side ? (*side)[unit] : z[l][r] > 0 ? 1 : flow_.slope;
        a[r] = raised(factor * z[l][r], flow_.power);
      }
    }
    return z;
  }

  Sides sides_at(const LongNumbers& w) const {
    Sides sides;
    std::vector<LongNumbers> below;
    for (const LongNumbers& x : flow_.inputs) {
      const auto z = sums(w, x, nullptr, below);
      LongNumbers of_sample;
      for (std::size_t l = 0; l + 1 < layers(); ++l)
        for (const long double s : z[l]) of_sample.push_back(s > 0 ? 1 : flow_.slope);
      sides.push_back(of_sample);
    }
    return sides;
  }

  LongNumbers loss_slope(const LongNumbers& yhat, const LongNumbers& y) const {
    LongNumbers r(yhat.size(), 0);
    if (flow_.kind != SlowFlow::Kind::softmax) {
      for (std::size_t o = 0; o < r.size(); ++o) {
        const long double e = std::exp(-y[o] * yhat[o]);
        r[o] = flow_.kind == SlowFlow::Kind::exponential ? -y[o] * e : -2 * y[o] * e / (1 + e);
      }
      return r;
    }
    std::size_t c = 0;
    while (y[c] != 1) ++c;
    long double sum = 1;
    for (std::size_t j = 0; j < r.size(); ++j)
      if (j != c) sum += r[j] = std::exp(yhat[j] - yhat[c]);
    const long double k = static_cast<long double>(r.size());
    for (std::size_t j = 0; j < r.size(); ++j) {
      if (j == c) continue;
      r[j] *= k / (k - 1) / sum;
      r[c] -= r[j];
    }
    return r;
  }

  LongNumbers minus_gradient(const LongNumbers& w) const {
    LongNumbers g(w.size(), 0);
    std::vector<LongNumbers> below;
    for (std::size_t i = 0; i < flow_.inputs.size(); ++i) {
      const auto z = sums(w, flow_.inputs[i], &sides_[i], below);
      LongNumbers back = loss_slope(z.back(), flow_.targets[i]);
      std::size_t unit = sides_[i].size();
      for (std::size_t l = layers(); l-- > 0;) {
        LongNumbers next(below[l].size(), 0);
        for (std::size_t r = 0; r < back.size(); ++r)
          for (std::size_t c = 0; c < next.size(); ++c) {
            const std::size_t p = place(l, static_cast<int>(r), static_cast<int>(c));
            g[p] -= back[r] * below[l][c];
            next[c] += back[r] * w[p];
          }
        if (l == 0) break;
        unit -= next.size();
        for (std::size_t c = 0; c < next.size(); ++c) {
          const long double factor = sides_[i][unit + c];
          next[c] *= flow_.power * factor * raised(factor * z[l - 1][c], flow_.power - 1);
        }
        back = next;
      }
    }
    return g;
  }

  const SlowFlow& flow_;
  LongNumbers w_;
  std::vector<int> offsets_;
  Sides sides_;
  int crossings_ = 0;
};

std::vector<LongNumbers> rows_of(const Matrix& columns) {
  std::vector<LongNumbers> rows;
  for (Index i = 0; i < columns.cols(); ++i) {
    const Vector c = columns.col(i);
    rows.emplace_back(c.data(), c.data() + c.size());
  }
  return rows;
}

}  // namespace

SlowFlow slow_flow(const std::vector<Index>& sizes, Real slope, int power, SlowFlow::Kind kind,
                   const Matrix& inputs, const Matrix& targets) {
  SlowFlow flow;
  for (const Index s : sizes) flow.sizes.push_back(static_cast<int>(s));
  flow.slope = slope;
  flow.power = power;
  flow.kind = kind;
  flow.inputs = rows_of(inputs);
  flow.targets = rows_of(targets);
  return flow;
}

SlowPath slow_path(const SlowFlow& flow, const Vector& w0, const std::vector<Real>& times) {
  SlowStepper stepper(flow, LongNumbers(w0.data(), w0.data() + w0.size()));
  SlowPath path;
  long double t = 0;
  const auto steps = [](long double way, long double step) {
    return std::max(1L, static_cast<long>(std::ceil(way / step)));
  };
  const auto go_to = [&](long double end) {
    const bool in_log = t >= flow.linear_until;
    const long double way = in_log ? std::log(end / t) : end - t;
    const long n = steps(way, in_log ? flow.step_in_log : flow.step);
    const long double from = t, h = way / static_cast<long double>(n);
    for (long k = 0; k < n; ++k) {
      const long double done = static_cast<long double>(k) * h;
      stepper.advance(in_log ? from * std::exp(done) : from + done, h, in_log);
    }
    t = end;
  };
  for (const Real time : times) {
    if (t < flow.linear_until && time > flow.linear_until) go_to(flow.linear_until);
    go_to(time);
    Vector w(w0.size());
    for (Index i = 0; i < w.size(); ++i)
      w[i] = static_cast<Real>(stepper.weights()[static_cast<std::size_t>(i)]);
    path.weights.push_back(w);
  }
  path.crossings = stepper.crossings();
  return path;
}

}  // namespace saddleflow::test
