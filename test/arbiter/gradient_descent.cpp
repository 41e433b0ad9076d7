#include "arbiter/gradient_descent.hpp"

#include "arbiter/convolution_descent.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace saddleflow::test {
namespace {

constexpr int kMatrices = 4, kWidth = 6, kSamples = 32;

// A network on N samples, the last of them perhaps empty: samples lie side by side, so that the inner loops
// have a fixed length.
template <int N>
class Descent {
 public:
  Descent(const PlainProblem& p, double at_zero)
      : matrices_(static_cast<int>(p.widths.size()) - 1),
        slope_(p.slope),
        at_zero_(at_zero),
        decay_(p.decay),
        logistic_(p.logistic) {
    for (std::size_t l = 0; l < p.widths.size(); ++l) width_[l] = p.widths[l];
    for (std::size_t l = 0; l < kMatrices; ++l) rate_[l] = l < p.rates.size() ? p.rates[l] : 1;
    for (std::size_t k = 0; k < kWidth; ++k)
      unit_rate_[k] = k < p.neuron_rates.size() ? p.neuron_rates[k] : 1;
    scale_ = p.mean ? 1.0 / static_cast<double>(p.inputs.size()) : 1.0;
    for (std::size_t i = 0; i < p.inputs.size(); ++i) {
      used_[i] = scale_;
      for (std::size_t j = 0; j < p.inputs[i].size(); ++j) a_[0][j][i] = p.inputs[i][j];
      for (std::size_t j = 0; j < p.targets[i].size(); ++j) y_[j][i] = p.targets[i][j];
    }
  }

  void step(double* w, double h) { backward(w + forward(w), h); }

  double loss(const double* w) {
    const int weights = forward(w);
    double sum = 0;
    for (int r = 0; r < width_[matrices_]; ++r)
      for (int i = 0; i < N; ++i) {
        const double out = a_[matrices_][r][i], y = y_[r][i];
        sum += used_[i] * (logistic_ ? 2 * softplus(-y * out) : 0.5 * (out - y) * (out - y));
      }
    for (int k = 0; k < weights; ++k) sum += decay_ / 2 * w[k] * w[k];
    return sum;
  }

 private:
  using Samples = double[N];

  static double softplus(double s) { return std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))); }

  // Returns how many weights there are.
  int forward(const double* w) {
    const double* begin = w;
    for (int l = 0; l < matrices_; ++l) {
      const int rows = width_[l + 1], columns = width_[l];
      for (int r = 0; r < rows; ++r) {
        Samples z = {};
        for (int c = 0; c < columns; ++c) {
          const double weight = w[c * rows + r];
          const Samples& a = a_[l][c];
          for (int i = 0; i < N; ++i) z[i] += weight * a[i];
        }
        Samples& a = a_[l + 1][r];
        if (l + 1 == matrices_) {
          for (int i = 0; i < N; ++i) a[i] = z[i];
          continue;
        }
        Samples& side = side_[l + 1][r];
        for (int i = 0; i < N; ++i) {
          side[i] = z[i] > 0 ? 1.0 : z[i] < 0 ? slope_ : at_zero_;
          a[i] = side[i] * z[i];
        }
      }
      w += rows * columns;
    }
    return static_cast<int>(w - begin);
  }

  void residual() {
    for (int r = 0; r < width_[matrices_]; ++r) {
      const Samples &out = a_[matrices_][r], &y = y_[r];
      Samples& d = delta_[matrices_][r];
      if (logistic_)
        for (int i = 0; i < N; ++i) d[i] = -2 * used_[i] * y[i] / (1 + std::exp(y[i] * out[i]));
      else
        for (int i = 0; i < N; ++i) d[i] = used_[i] * (out[i] - y[i]);
    }
  }

  // `w`: behind the last weight. Every weight is used once on the way back, and then replaced.
  void backward(double* w, double h) {
    residual();
    for (int l = matrices_ - 1; l >= 0; --l) {
      const int rows = width_[l + 1], columns = width_[l];
      w -= rows * columns;
      for (int c = 0; c < columns; ++c) {
        Samples back = {};
        const Samples& a = a_[l][c];
        for (int r = 0; r < rows; ++r) {
          const Samples& d = delta_[l + 1][r];
          double& weight = w[c * rows + r];
          double slope = 0;
          for (int i = 0; i < N; ++i) {
            slope += d[i] * a[i];
            back[i] += weight * d[i];
          }
          weight -= h * rate_[l] * unit_rate_[l == 0 ? r : c] * (slope + decay_ * weight);
        }
        if (l == 0) continue;
        for (int i = 0; i < N; ++i) delta_[l][c][i] = side_[l][c][i] * back[i];
      }
    }
  }

  int matrices_, width_[kMatrices + 1] = {};
  double slope_, at_zero_, decay_, rate_[kMatrices], unit_rate_[kWidth], scale_ = 1;
  bool logistic_;
  alignas(64) double a_[kMatrices + 1][kWidth][N] = {};
  alignas(64) double side_[kMatrices + 1][kWidth][N] = {};
  alignas(64) double delta_[kMatrices + 1][kWidth][N] = {};
  alignas(64) double y_[kWidth][N] = {};
  alignas(64) double used_[N] = {};  // 0: no sample
};

template <int N>
void run(const PlainProblem& p, double at_zero, std::int64_t steps, std::vector<double>& w) {
  Descent<N> descent(p, at_zero);
  const double h = p.t_end / static_cast<double>(steps);
  for (std::int64_t n = 0; n < steps; ++n) descent.step(w.data(), h);
}

void check(const PlainProblem& p) {
  bool fits = p.widths.size() >= 2 && p.widths.size() <= kMatrices + 1 && p.inputs.size() <= kSamples;
  std::size_t weights = 0;
  for (std::size_t l = 0; l < p.widths.size(); ++l) {
    fits = fits && p.widths[l] >= 1 && p.widths[l] <= kWidth;
    if (l > 0) weights += static_cast<std::size_t>(p.widths[l] * p.widths[l - 1]);
  }
  for (const auto& x : p.inputs) fits = fits && static_cast<int>(x.size()) == p.widths.front();
  for (const auto& y : p.targets) fits = fits && static_cast<int>(y.size()) == p.widths.back();
  if (!fits || weights != p.start.size() || p.inputs.size() != p.targets.size())
    throw std::invalid_argument("the arbiter has no room for this problem, or its parts do not fit");
}

// 2 b - a: to step 0, from a and from b with half its step.
std::vector<double> extrapolated(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) out[i] = 2 * b[i] - a[i];
  return out;
}

}  // namespace

std::vector<double> descend(const PlainProblem& p, std::int64_t steps, SlopeAtZero at_zero) {
  const double slope = at_zero == SlopeAtZero::left    ? p.slope
                       : at_zero == SlopeAtZero::right ? 1.0
                                                       : (1 + p.slope) / 2;
  if (p.patches.kernel > 0 && (p.decay != 0 || !p.rates.empty()))
    throw std::invalid_argument("the arbiter has no weight decay and no rates for convolutions");
  if (p.patches.kernel > 0) return descend_convolution(p, slope, steps);
  check(p);
  std::vector<double> w = p.start;
  const std::size_t n = p.inputs.size();
  if (n <= 4)
    run<4>(p, slope, steps, w);
  else if (n <= 8)
    run<8>(p, slope, steps, w);
  else if (n <= 12)
    run<12>(p, slope, steps, w);
  else if (n <= 16)
    run<16>(p, slope, steps, w);
  else if (n <= 24)
    run<24>(p, slope, steps, w);
  else
    run<kSamples>(p, slope, steps, w);
  return w;
}

double plain_loss(const PlainProblem& p, const std::vector<double>& weights) {
  if (p.patches.kernel > 0) return convolution_loss(p, weights);
  check(p);
  return Descent<kSamples>(p, p.slope).loss(weights.data());
}

double relative_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  const double distance = std::sqrt(difference / norm);
  return std::isfinite(distance) ? distance : 1e300;
}

Arbiter::Arbiter(const PlainProblem& problem, const ArbiterOptions& options) : problem_(problem) {
  const double products = static_cast<double>(
      problem.inputs.size() * static_cast<std::size_t>(patch_count(problem)) * problem.start.size());
  const auto most = static_cast<std::int64_t>(options.most_work / products);
  steps_ = std::max(options.least_steps, static_cast<std::int64_t>(problem.t_end / options.first_step));
  descend_once();
  do refine();
  while (descents_ < 3 || (error_ > options.wanted && 2 * steps_ <= most));
}

void Arbiter::refine() {
  steps_ *= 2;
  descend_once();
  if (descents_ >= 3) estimate();
}

std::vector<std::vector<double>> Arbiter::more_ends() const {
  std::vector<std::vector<double>> ends;
  for (const double part : {0.337, 0.389, 0.461, 0.547, 0.613, 0.719, 0.827, 0.941})
    ends.push_back(descend(problem_, static_cast<std::int64_t>(part * static_cast<double>(steps_))));
  return ends;
}

void Arbiter::descend_once() {
  constexpr SlopeAtZero kinds[] = {SlopeAtZero::left, SlopeAtZero::right, SlopeAtZero::middle};
  last_[2] = std::move(last_[1]);
  last_[1] = std::move(last_[0]);
  last_[0] = descend(problem_, steps_, kinds[descents_++ % 3]);
}

// Halved steps halve the differences: the coarser pair tells when the finer one agrees by chance.
void Arbiter::estimate() {
  const double plain =
      std::max(relative_distance(last_[1], last_[0]), relative_distance(last_[2], last_[1]) / 2);
  const std::vector<double> coarse = extrapolated(last_[2], last_[1]),
                            fine = extrapolated(last_[1], last_[0]);
  const double limit = relative_distance(coarse, fine);
  error_ = std::min(plain, limit);
  weights_ = limit < plain ? fine : last_[0];
}

}  // namespace saddleflow::test
