#include "arbiter/convolution_descent.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace saddleflow::test {
namespace {

constexpr int kKernels = 6, kPatchSize = 8, kPatches = 8, kOutputs = 3, kColumns = 32;

int patch_size(const PlainProblem& p) { return p.patches.kernel * p.patches.channels; }
int blocks(const PlainProblem& p) { return p.patches.average ? 1 : patch_count(p); }

/// On N samples side by side, the last of them perhaps empty.
template <int N>
class ConvolutionDescent {
 public:
  ConvolutionDescent(const PlainProblem& p, double at_zero)
      : kernels_(p.widths[1]),
        outputs_(p.widths[2]),
        size_(patch_size(p)),
        patches_(patch_count(p)),
        average_(p.patches.average),
        slope_(p.slope),
        at_zero_(at_zero),
        logistic_(p.logistic) {
    const int positions = p.widths[0] / p.patches.channels;
    for (std::size_t i = 0; i < p.inputs.size(); ++i) {
      used_[i] = p.mean ? 1.0 / static_cast<double>(p.inputs.size()) : 1.0;
      for (int q = 0; q < patches_; ++q)
        for (int c = 0; c < p.patches.channels; ++c)
          for (int w = 0; w < p.patches.kernel; ++w)
            x_[q][w + p.patches.kernel * c][i] =
                p.inputs[i][static_cast<std::size_t>(q * p.patches.stride + w + positions * c)];
      for (int o = 0; o < outputs_; ++o) y_[o][i] = p.targets[i][static_cast<std::size_t>(o)];
    }
  }

  void step(double* w, double h) {
    forward(w);
    for (int o = 0; o < outputs_; ++o) residual(o);
    double* outer = w + kernels_ * size_;
    for (int k = 0; k < kernels_; ++k) {
      for (int q = 0; q < patches_; ++q) back(outer, k, q);
      // Every outer weight has been used; the kernel's own come after them.
      for (int q = 0; q < (average_ ? 1 : patches_); ++q)
        for (int o = 0; o < outputs_; ++o) outer[at(o, k, q)] -= h * outer_slope(o, k, q);
      for (int j = 0; j < size_; ++j) {
        double sum = 0;
        for (int q = 0; q < patches_; ++q)
          for (int i = 0; i < N; ++i) sum += delta_[q][i] * x_[q][j][i];
        w[k + kernels_ * j] -= h * sum;
      }
    }
  }

  double loss(const double* w) {
    forward(w);
    double sum = 0;
    for (int o = 0; o < outputs_; ++o)
      for (int i = 0; i < N; ++i) {
        const double out = out_[o][i], y = y_[o][i], s = -y * out;
        sum += used_[i] * (logistic_ ? 2 * (std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))))
                                     : 0.5 * (out - y) * (out - y));
      }
    return sum;
  }

 private:
  using Samples = double[N];

  double share() const { return average_ ? 1.0 / patches_ : 1.0; }
  int at(int o, int k, int q) const { return o + outputs_ * (k + (average_ ? 0 : kernels_ * q)); }

  void forward(const double* w) {
    const double* outer = w + kernels_ * size_;
    for (int o = 0; o < outputs_; ++o)
      for (int i = 0; i < N; ++i) out_[o][i] = 0;
    for (int k = 0; k < kernels_; ++k)
      for (int q = 0; q < patches_; ++q) {
        Samples z = {};
        for (int j = 0; j < size_; ++j)
          for (int i = 0; i < N; ++i) z[i] += w[k + kernels_ * j] * x_[q][j][i];
        for (int i = 0; i < N; ++i) {
          side_[k][q][i] = z[i] > 0 ? 1.0 : z[i] < 0 ? slope_ : at_zero_;
          a_[k][q][i] = side_[k][q][i] * z[i];
        }
        for (int o = 0; o < outputs_; ++o) {
          const double weight = share() * outer[at(o, k, q)];
          for (int i = 0; i < N; ++i) out_[o][i] += weight * a_[k][q][i];
        }
      }
  }

  void residual(int o) {
    for (int i = 0; i < N; ++i)
      residual_[o][i] = logistic_ ? -2 * used_[i] * y_[o][i] / (1 + std::exp(y_[o][i] * out_[o][i]))
                                  : used_[i] * (out_[o][i] - y_[o][i]);
  }

  /// delta_: dL/dz of this kernel and patch.
  void back(const double* outer, int k, int q) {
    for (int i = 0; i < N; ++i) delta_[q][i] = 0;
    for (int o = 0; o < outputs_; ++o) {
      const double weight = share() * outer[at(o, k, q)];
      for (int i = 0; i < N; ++i) delta_[q][i] += weight * residual_[o][i];
    }
    for (int i = 0; i < N; ++i) delta_[q][i] *= side_[k][q][i];
  }

  /// dL/dV; of all patches where they share it.
  double outer_slope(int o, int k, int q) const {
    double sum = 0;
    for (int p = average_ ? 0 : q; p < (average_ ? patches_ : q + 1); ++p)
      for (int i = 0; i < N; ++i) sum += residual_[o][i] * a_[k][p][i];
    return share() * sum;
  }

  int kernels_, outputs_, size_, patches_;
  bool average_;
  double slope_, at_zero_;
  bool logistic_;
  alignas(64) double x_[kPatches][kPatchSize][N] = {};
  alignas(64) double a_[kKernels][kPatches][N] = {};
  alignas(64) double side_[kKernels][kPatches][N] = {};
  alignas(64) double delta_[kPatches][N] = {};
  alignas(64) double out_[kOutputs][N] = {};
  alignas(64) double residual_[kOutputs][N] = {};
  alignas(64) double y_[kOutputs][N] = {};
  alignas(64) double used_[N] = {};  // 0: no sample
};

template <int N>
void run_convolution(const PlainProblem& p, double at_zero, std::int64_t steps, std::vector<double>& w) {
  ConvolutionDescent<N> descent(p, at_zero);
  const double h = p.t_end / static_cast<double>(steps);
  for (std::int64_t n = 0; n < steps; ++n) descent.step(w.data(), h);
}

void check_convolution(const PlainProblem& p) {
  bool fits = p.widths.size() == 3 && p.inputs.size() <= kColumns && p.inputs.size() == p.targets.size();
  fits = fits && p.widths[1] >= 1 && p.widths[1] <= kKernels && p.widths[2] >= 1 && p.widths[2] <= kOutputs;
  fits = fits && patch_size(p) <= kPatchSize && patch_count(p) >= 1 && patch_count(p) <= kPatches;
  for (const auto& x : p.inputs) fits = fits && static_cast<int>(x.size()) == p.widths[0];
  for (const auto& y : p.targets) fits = fits && static_cast<int>(y.size()) == p.widths[2];
  if (!fits || static_cast<int>(p.start.size()) != p.widths[1] * (patch_size(p) + p.widths[2] * blocks(p)))
    throw std::invalid_argument("the arbiter has no room for this convolution, or its parts do not fit");
}

}  // namespace

int patch_count(const PlainProblem& p) {
  if (p.patches.kernel == 0) return 1;
  return (p.widths[0] / p.patches.channels - p.patches.kernel) / p.patches.stride + 1;
}

std::vector<double> descend_convolution(const PlainProblem& p, double at_zero, std::int64_t steps) {
  check_convolution(p);
  std::vector<double> w = p.start;
  const std::size_t n = p.inputs.size();
  if (n <= 4)
    run_convolution<4>(p, at_zero, steps, w);
  else if (n <= 8)
    run_convolution<8>(p, at_zero, steps, w);
  else if (n <= 16)
    run_convolution<16>(p, at_zero, steps, w);
  else
    run_convolution<kColumns>(p, at_zero, steps, w);
  return w;
}

double convolution_loss(const PlainProblem& p, const std::vector<double>& weights) {
  check_convolution(p);
  return ConvolutionDescent<kColumns>(p, p.slope).loss(weights.data());
}

}  // namespace saddleflow::test
