// A feed-forward network with kinks as plain loops in double, and two first-order steps along its flow that
// know nothing of modes.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <utility>
#include <vector>

namespace saddleflow::test {

/// Outputs W_m sigma(... sigma(W_1 x)), one of them, sigma(s) = max(s, slope s), half-squared loss, summed;
/// weights as in the library: matrix after matrix, column after column.
class TinyNetwork {
 public:
  TinyNetwork(std::vector<std::size_t> sizes, double slope, const Eigen::MatrixXd& inputs,
              const Eigen::VectorXd& targets);

  std::size_t parameter_count() const { return parameters_; }
  /// Hidden units times samples.
  std::size_t kink_count() const { return kinks_; }
  double slope() const { return slope_; }

  /// What a pass leaves behind, kink by kink: pre-activation, dL/da, |grad z|^2.
  struct Kinks {
    std::vector<double> z, back, normal;
  };
  /// The slope of `slopes` (NaN: that of the side) at each kink, or of the side.
  void gradient(const std::vector<double>& w, const std::vector<double>* slopes, std::vector<double>& out,
                Kinks& kinks) const;

 private:
  double forward(const std::vector<double>& w, std::size_t sample, const std::vector<double>* slopes,
                 Kinks& kinks) const;
  void backward(const std::vector<double>& w, std::size_t sample, double residual, std::vector<double>& out,
                Kinks& kinks) const;

  std::vector<std::size_t> sizes_, offsets_;
  double slope_;
  Eigen::MatrixXd inputs_;
  Eigen::VectorXd targets_;
  std::size_t parameters_ = 0, kinks_ = 0, hidden_ = 0;
  // Of one sample, layer by layer.
  mutable std::vector<std::vector<double>> a_, factor_, delta_;
};

/// w - h grad L(w), on whichever side every kink is.
class ExplicitEuler {
 public:
  void operator()(const TinyNetwork& network, double h, std::vector<double>& w);

 private:
  std::vector<double> g_;
  TinyNetwork::Kinks kinks_;
};

/// The y with y = w - h g for a g of the subdifferential at y: fixed-point iterations on y and, for the kinks
/// that the step can reach, on slopes in [slope, 1] that are at the bound of the side that z(y) is on, or
/// hold it at zero.
class ImplicitEuler {
 public:
  void operator()(const TinyNetwork& network, double h, std::vector<double>& w);
  int most_rounds() const { return most_rounds_; }

 private:
  void begin(const TinyNetwork& network, double h, const std::vector<double>& w);
  double adjust_slopes(const TinyNetwork& network, double h);

  std::vector<double> g_, y_, slopes_;
  TinyNetwork::Kinks kinks_;
  std::vector<std::size_t> near_;
  int most_rounds_ = 0;
};

}  // namespace saddleflow::test
