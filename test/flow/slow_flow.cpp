#include "flow/slow_flow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace saddleflow::test {

namespace {

constexpr int kMostCrossings = 300;
constexpr int kHalvings = 70;  // 2^-70 of a step is rounding of a long double

/// A factor for each pre-activation of a sample, layer after layer: 1 above zero, the slope below.
using Sides = std::vector<LongNumbers>;

constexpr std::size_t kWidest = 8;
using Layer = std::array<long double, kWidest>;

// A sum below this is zero up to rounding: on which side it is makes no difference, unless the flow slides
// there.
constexpr long double kNoSum = 1e-15L;

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
    for (const int n : flow.sizes)
      if (static_cast<std::size_t>(n) > kWidest) throw std::runtime_error("slow flow: too wide a layer");
    a_.resize(layers());
    z_.resize(layers());
    sides_ = sides_at(w_, nullptr);
  }

  const LongNumbers& weights() const { return w_; }
  int crossings() const { return crossings_; }

  /// From t to t + length; in the time ln t where `in_log`, `length` is that of ln t.
  void advance(long double t, long double length, bool in_log) {
    long double done = 0;
    while (done < length) {
      const long double start = in_log ? t * std::exp(done) : t + done;
      LongNumbers next = runge_kutta(start, length - done, in_log);
      if (sides_at(next, &sides_) == sides_) {
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
      (sides_at(runge_kutta(t, middle, in_log), &sides_) == sides_ ? low : high) = middle;
    }
    w_ = runge_kutta(t, high, in_log);
    sides_ = sides_at(w_, &sides_);
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
  std::size_t width(std::size_t l) const { return static_cast<std::size_t>(flow_.sizes[l]); }

  /// Fills a_ (what goes into each layer) and z_ (its sums) for one sample, with these sides where there are
  /// any.
  void forward(const LongNumbers& w, const LongNumbers& x, const LongNumbers* side) const {
    std::copy(x.begin(), x.end(), a_[0].begin());
    std::size_t unit = 0;
    for (std::size_t l = 0; l < layers(); ++l) {
      for (std::size_t r = 0; r < width(l + 1); ++r) {
        long double sum = 0;
        for (std::size_t c = 0; c < width(l); ++c)
          sum += w[place(l, static_cast<int>(r), static_cast<int>(c))] * a_[l][c];
        z_[l][r] = sum;
        if (l + 1 == layers()) continue;
        const long double factor = side ? (*side)[unit++] : sum > 0 ? 1 : flow_.slope;
        a_[l + 1][r] = raised(factor * sum, flow_.power);
      }
    }
  }

  /// The signs; a sum that is rounding keeps its side of `before`, where there is one.
  Sides sides_at(const LongNumbers& w, const Sides* before) const {
    Sides sides(flow_.inputs.size());
    for (std::size_t i = 0; i < sides.size(); ++i) {
      forward(w, flow_.inputs[i], before ? &(*before)[i] : nullptr);
      for (std::size_t l = 0; l + 1 < layers(); ++l)
        for (std::size_t r = 0; r < width(l + 1); ++r) {
          const bool kept = before && std::abs(z_[l][r]) <= kNoSum;
          sides[i].push_back(kept ? (*before)[i][sides[i].size()] : z_[l][r] > 0 ? 1 : flow_.slope);
        }
    }
    return sides;
  }

  /// The derivative of the loss of a sample by its outputs, into back_.
  void loss_slope(const LongNumbers& y) const {
    const Layer& yhat = z_.back();
    const std::size_t outputs = width(layers());
    if (flow_.kind != SlowFlow::Kind::softmax) {
      for (std::size_t o = 0; o < outputs; ++o) {
        const long double e = std::exp(-y[o] * yhat[o]);
        back_[o] = flow_.kind == SlowFlow::Kind::exponential ? -y[o] * e : -2 * y[o] * e / (1 + e);
      }
      return;
    }
    std::size_t c = 0;
    while (y[c] != 1) ++c;
    long double sum = 1;
    for (std::size_t j = 0; j < outputs; ++j)
      if (j != c) sum += back_[j] = std::exp(yhat[j] - yhat[c]);
    const auto k = static_cast<long double>(outputs);
    back_[c] = 0;
    for (std::size_t j = 0; j < outputs; ++j) {
      if (j == c) continue;
      back_[j] *= k / (k - 1) / sum;
      back_[c] -= back_[j];
    }
  }

  LongNumbers minus_gradient(const LongNumbers& w) const {
    LongNumbers g(w.size(), 0);
    for (std::size_t i = 0; i < flow_.inputs.size(); ++i) {
      forward(w, flow_.inputs[i], &sides_[i]);
      loss_slope(flow_.targets[i]);
      std::size_t unit = sides_[i].size();
      for (std::size_t l = layers(); l-- > 0;) {
        Layer next{};
        for (std::size_t r = 0; r < width(l + 1); ++r)
          for (std::size_t c = 0; c < width(l); ++c) {
            const std::size_t p = place(l, static_cast<int>(r), static_cast<int>(c));
            g[p] -= back_[r] * a_[l][c];
            next[c] += back_[r] * w[p];
          }
        if (l == 0) break;
        unit -= width(l);
        for (std::size_t c = 0; c < width(l); ++c) {
          const long double factor = sides_[i][unit + c];
          next[c] *= flow_.power * factor * raised(factor * z_[l - 1][c], flow_.power - 1);
        }
        back_ = next;
      }
    }
    return g;
  }

  const SlowFlow& flow_;
  LongNumbers w_;
  std::vector<int> offsets_;
  Sides sides_;
  mutable std::vector<Layer> a_, z_;  // of the last pass
  mutable Layer back_{};
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
