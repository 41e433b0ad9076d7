#include "ode/switching/tiny_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow::test {

TinyNetwork::TinyNetwork(std::vector<std::size_t> sizes, double slope, const Eigen::MatrixXd& inputs,
                         const Eigen::VectorXd& targets)
    : sizes_(std::move(sizes)), slope_(slope), inputs_(inputs), targets_(targets) {
  for (std::size_t l = 0; l + 1 < sizes_.size(); ++l) {
    offsets_.push_back(parameters_);
    parameters_ += sizes_[l] * sizes_[l + 1];
    if (l > 0) hidden_ += sizes_[l];
  }
  kinks_ = hidden_ * static_cast<std::size_t>(inputs_.cols());
  for (const std::size_t size : sizes_) {
    a_.emplace_back(size);
    factor_.emplace_back(size);
    delta_.emplace_back(size);
  }
}

double TinyNetwork::forward(const std::vector<double>& w, std::size_t sample,
                            const std::vector<double>* slopes, Kinks& kinks) const {
  for (std::size_t j = 0; j < sizes_[0]; ++j)
    a_[0][j] = inputs_(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(sample));
  std::size_t k = sample * hidden_;
  for (std::size_t l = 1; l < sizes_.size(); ++l) {
    const std::size_t rows = sizes_[l];
    const double* weights = w.data() + offsets_[l - 1];
    for (std::size_t r = 0; r < rows; ++r) {
      double z = 0;
      for (std::size_t c = 0; c < sizes_[l - 1]; ++c) z += weights[c * rows + r] * a_[l - 1][c];
      if (l + 1 == sizes_.size()) return z;
      const double side = z > 0 ? 1 : slope_;
      const double chosen = slopes ? (*slopes)[k] : side;
      a_[l][r] = side * z;
      factor_[l][r] = std::isnan(chosen) ? side : chosen;
      kinks.z[k] = z;
      // |grad z|^2: of the row, and one layer down.
      double normal = 0;
      for (std::size_t c = 0; c < sizes_[l - 1]; ++c) {
        normal += a_[l - 1][c] * a_[l - 1][c];
        if (l < 2) continue;
        const double through = weights[c * rows + r] * factor_[l - 1][c];
        for (const double x : a_[l - 2]) normal += through * through * x * x;
      }
      kinks.normal[k++] = normal;
    }
  }
  return 0;
}

void TinyNetwork::backward(const std::vector<double>& w, std::size_t sample, double residual,
                           std::vector<double>& out, Kinks& kinks) const {
  std::size_t k = (sample + 1) * hidden_;
  delta_.back()[0] = residual;
  for (std::size_t l = sizes_.size() - 1; l > 0; --l) {
    const std::size_t rows = sizes_[l];
    const double* weights = w.data() + offsets_[l - 1];
    double* entries = out.data() + offsets_[l - 1];
    if (l > 1) k -= sizes_[l - 1];
    for (std::size_t c = 0; c < sizes_[l - 1]; ++c) {
      double back = 0;
      for (std::size_t r = 0; r < rows; ++r) {
        entries[c * rows + r] += delta_[l][r] * a_[l - 1][c];
        back += weights[c * rows + r] * delta_[l][r];
      }
      if (l == 1) continue;
      delta_[l - 1][c] = factor_[l - 1][c] * back;
      kinks.back[k + c] = back;
    }
  }
}

void TinyNetwork::gradient(const std::vector<double>& w, const std::vector<double>* slopes,
                           std::vector<double>& out, Kinks& kinks) const {
  out.assign(parameters_, 0);
  for (auto* values : {&kinks.z, &kinks.back, &kinks.normal}) values->resize(kinks_);
  for (std::size_t i = 0; i < static_cast<std::size_t>(inputs_.cols()); ++i) {
    const double residual = forward(w, i, slopes, kinks) - targets_[static_cast<Eigen::Index>(i)];
    backward(w, i, residual, out, kinks);
  }
}

void ExplicitEuler::operator()(const TinyNetwork& network, double h, std::vector<double>& w) {
  network.gradient(w, nullptr, g_, kinks_);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] -= h * g_[i];
}

// Kinks that are farther away than the step can go keep their sides.
void ImplicitEuler::begin(const TinyNetwork& network, double h, const std::vector<double>& w) {
  constexpr double reach = 4;
  network.gradient(w, nullptr, g_, kinks_);
  double speed = 0;
  for (const double g : g_) speed += g * g;
  const std::vector<double> before = std::move(slopes_);
  slopes_.assign(network.kink_count(), std::numeric_limits<double>::quiet_NaN());
  near_.clear();
  for (std::size_t k = 0; k < slopes_.size(); ++k) {
    if (std::abs(kinks_.z[k]) > reach * h * std::sqrt(kinks_.normal[k] * speed)) continue;
    near_.push_back(k);
    const double side = kinks_.z[k] > 0 ? 1 : network.slope();
    slopes_[k] = before.empty() || std::isnan(before[k]) ? side : before[k];
  }
}

// d z_k(y) / d s_k = -h b_k |grad z_k|^2: towards z = 0, inside the bounds, where the kink attracts.
double ImplicitEuler::adjust_slopes(const TinyNetwork& network, double h) {
  constexpr double damping = 0.3;
  double largest = 0;
  for (const std::size_t k : near_) {
    const double pull = h * kinks_.back[k] * kinks_.normal[k], before = slopes_[k];
    slopes_[k] = pull > 0 ? std::clamp(before + damping * kinks_.z[k] / pull, network.slope(), 1.0)
                          : (kinks_.z[k] > 0 ? 1 : network.slope());
    largest = std::max(largest, std::abs(slopes_[k] - before));
  }
  return largest;
}

void ImplicitEuler::operator()(const TinyNetwork& network, double h, std::vector<double>& w) {
  constexpr int patience = 1000;
  begin(network, h, w);
  y_ = w;
  int round = 0;
  for (; round < patience; ++round) {
    network.gradient(y_, &slopes_, g_, kinks_);
    const double slopes_moved = round == 0 ? 1 : adjust_slopes(network, h);
    double moved = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double next = w[i] - h * g_[i];
      moved = std::max(moved, std::abs(next - y_[i]));
      y_[i] = next;
    }
    if (moved < 1e-15 && slopes_moved < 1e-8) break;
  }
  most_rounds_ = std::max(most_rounds_, round);
  w = y_;
}

}  // namespace saddleflow::test
