#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow {

namespace {

void check_finite(const std::vector<Real>& numbers, const char* key) {
  using std::isfinite;
  if (!std::all_of(numbers.begin(), numbers.end(), [](Real value) { return isfinite(value); }))
    throw InputError(fmt::format("{}: a number is not finite", key));
}

void check_count(std::size_t found, Index expected, const char* key) {
  if (static_cast<Index>(found) != expected)
    throw InputError(fmt::format("{}: {} numbers found, expected {}", key, found, expected));
}

void check_single_output(const GeneratorOptions& options) {
  if (options.outputs != 1)
    throw InputError(fmt::format("data.targets: \"{}\" makes one output, the network has {}",
                                 name_of(options.targets), options.outputs));
}

void check_teacher(const GeneratorOptions& options) {
  using std::isfinite;
  const TeacherOptions& teacher = options.teacher;
  const std::vector<Index>& layers = teacher.layers;
  if (layers.size() < 2 || std::any_of(layers.begin(), layers.end(), [](Index width) { return width < 1; }))
    throw InputError(fmt::format(
        "data.teacher.layers: [{}] found, expected inputs, hidden widths ..., outputs, all positive",
        fmt::join(layers, ", ")));
  if (layers.front() != options.dimension || layers.back() != options.outputs)
    throw InputError(fmt::format("data.teacher.layers: [{}] found, expected {} inputs and {} outputs",
                                 fmt::join(layers, ", "), options.dimension, options.outputs));
  if (!isfinite(teacher.scale))
    throw InputError(fmt::format("data.teacher.scale: {} found, expected a finite number", teacher.scale));
  if (!teacher.outer.empty() && !teacher.weights.empty())
    throw InputError("data.teacher.outer: given together with data.teacher.weights, which holds all weights");
}

Vector drawn_weights(const Network& network, const std::vector<Real>& outer, Random& random) {
  const Layout& layout = network.layout();
  Vector w(layout.size());
  const int last = layout.layer_count() - 1;
  for (int l = 0; l < last; ++l) {
    MatrixView layer = layout.matrix(w, l);
    for (Index k = 0; k < layer.rows(); ++k) layer.row(k) = random.unit_vector(layer.cols()).transpose();
  }
  MatrixView layer = layout.matrix(w, last);
  if (outer.empty()) {
    for (Index i = 0; i < layer.size(); ++i) layer.data()[i] = random.sign();
  } else {
    check_count(outer.size(), layer.size(), "data.teacher.outer");
    check_finite(outer, "data.teacher.outer");
    std::copy(outer.begin(), outer.end(), layer.data());
  }
  return w;
}

Vector given_weights(const Network& network, const std::vector<Real>& weights) {
  check_count(weights.size(), network.parameter_count(), "data.teacher.weights");
  check_finite(weights, "data.teacher.weights");
  return ConstVectorView(weights.data(), network.parameter_count());
}

/// A network and its weights.
struct Weighted {
  std::shared_ptr<const Network> network;
  Vector weights;
};

Weighted teacher_network(const GeneratorOptions& options, Random& random) {
  check_teacher(options);
  const TeacherOptions& teacher = options.teacher;
  auto network = feed_forward(teacher.layers, teacher.activation);
  Vector w = teacher.weights.empty() ? drawn_weights(*network, teacher.outer, random)
                                     : given_weights(*network, teacher.weights);
  return {std::move(network), std::move(w)};
}

Matrix teacher_targets(const GeneratorOptions& options, const Matrix& inputs, Random& random) {
  const Weighted teacher = teacher_network(options, random);
  return options.teacher.scale * teacher.network->kernel(inputs)->forward(teacher.weights);
}

// A two-layer network whose first layer has the rows v_k and whose second has the entries c_k.
Weighted teacher_sum_network(const GeneratorOptions& options) {
  check_single_output(options);
  const TeacherSumOptions& sum = options.teacher_sum;
  const Index terms = sum.vectors.rows();
  if (terms < 1) throw InputError("data.teacher_sum.vectors: none found, expected at least one");
  if (sum.vectors.cols() != options.dimension)
    throw InputError(fmt::format("data.teacher_sum.vectors: vectors of {} numbers found, expected {}",
                                 sum.vectors.cols(), options.dimension));
  if (!sum.vectors.allFinite()) throw InputError("data.teacher_sum.vectors: a number is not finite");
  check_count(sum.coefficients.size(), terms, "data.teacher_sum.coefficients");
  check_finite(sum.coefficients, "data.teacher_sum.coefficients");

  auto network = feed_forward({options.dimension, terms, 1}, sum.activation);
  Vector w(network->parameter_count());
  network->layout().matrix(w, 0) = sum.vectors;
  network->layout().matrix(w, 1) = ConstVectorView(sum.coefficients.data(), terms).transpose();
  return {std::move(network), std::move(w)};
}

Matrix teacher_sum_targets(const GeneratorOptions& options, const Matrix& inputs) {
  const Weighted sum = teacher_sum_network(options);
  return sum.network->kernel(inputs)->forward(sum.weights);
}

Matrix polynomial_targets(const GeneratorOptions& options, const Matrix& inputs) {
  using std::isfinite;
  check_single_output(options);
  constexpr const char* key = "data.sparse_polynomial";
  if (options.sparse_polynomial.empty())
    throw InputError(fmt::format("{}: no monomial found, expected at least one", key));
  Matrix targets = Matrix::Zero(1, inputs.cols());
  for (const Monomial& monomial : options.sparse_polynomial) {
    if (!isfinite(monomial.coefficient))
      throw InputError(
          fmt::format("{}: coefficient {} found, expected a finite number", key, monomial.coefficient));
    Eigen::Array<Real, 1, Eigen::Dynamic> term =
        Eigen::Array<Real, 1, Eigen::Dynamic>::Constant(inputs.cols(), monomial.coefficient);
    for (const Index coordinate : monomial.coordinates) {
      if (coordinate < 1 || coordinate > inputs.rows())
        throw InputError(
            fmt::format("{}: coordinate {} found, expected one of 1 ... {}", key, coordinate, inputs.rows()));
      term *= inputs.row(coordinate - 1).array();
    }
    targets.array() += term;
  }
  return targets;
}

Matrix sign_targets(Index outputs, Index samples, Random& random) {
  Matrix targets(outputs, samples);
  for (Index i = 0; i < targets.size(); ++i) targets.data()[i] = random.sign();
  return targets;
}

/// Columns of scores become one-hot columns of the largest, single scores their sign (+1 for 0).
void to_classes(Matrix& scores) {
  for (Index i = 0; i < scores.cols(); ++i) {
    if (scores.rows() == 1) {
      scores(0, i) = scores(0, i) < 0 ? Real(-1) : Real(1);
      continue;
    }
    Index largest = 0;
    scores.col(i).maxCoeff(&largest);
    scores.col(i) = Vector::Unit(scores.rows(), largest);
  }
}

Matrix linear_targets(const GeneratorOptions& options, const Matrix& inputs) {
  const Matrix& sigma = options.linear;
  if (sigma.rows() != options.outputs || sigma.cols() != options.dimension)
    throw InputError(fmt::format("data.linear.matrix: {} x {} found, expected {} x {} (outputs x inputs)",
                                 sigma.rows(), sigma.cols(), options.outputs, options.dimension));
  if (!sigma.allFinite()) throw InputError("data.linear.matrix: a number is not finite");
  return sigma * inputs;
}

Matrix given_targets(const GeneratorOptions& options, const Matrix& inputs) {
  const Matrix& y = options.given_targets;
  if (y.rows() != options.outputs || y.cols() != inputs.cols())
    throw InputError(fmt::format("data.given.targets: {} samples of {} numbers found, expected {} of {}",
                                 y.cols(), y.rows(), inputs.cols(), options.outputs));
  if (!y.allFinite()) throw InputError("data.given.targets: a number is not finite");
  return y;
}

Matrix clean_targets(const GeneratorOptions& options, const Matrix& inputs) {
  Random random(options.seed, RandomStream::targets);
  switch (options.targets) {
    case TargetKind::teacher:
    case TargetKind::classes:  // of its outputs, after the noise
      return teacher_targets(options, inputs, random);
    case TargetKind::teacher_sum:
      return teacher_sum_targets(options, inputs);
    case TargetKind::sparse_polynomial:
      return polynomial_targets(options, inputs);
    case TargetKind::signs:
      return sign_targets(options.outputs, inputs.cols(), random);
    case TargetKind::linear:
      return linear_targets(options, inputs);
    case TargetKind::given:
      return given_targets(options, inputs);
  }
  throw InputError("data.targets: unknown generator");
}

}  // namespace

TeacherNeurons teacher_neurons(const GeneratorOptions& options) {
  const bool is_sum = options.targets == TargetKind::teacher_sum;
  if (!is_sum && options.targets != TargetKind::teacher)
    throw InputError(
        fmt::format("data.targets: found \"{}\", expected teacher or teacher_sum", name_of(options.targets)));
  if (!is_sum && options.teacher.layers.size() != 3)
    throw InputError(fmt::format("data.teacher.hidden: found {} widths, expected one hidden layer",
                                 static_cast<Index>(options.teacher.layers.size()) - 2));
  Random random(options.seed, RandomStream::targets);
  const Weighted teacher = is_sum ? teacher_sum_network(options) : teacher_network(options, random);
  const Layout& layout = teacher.network->layout();
  return {layout.matrix(teacher.weights, 0),
          (is_sum ? Real(1) : options.teacher.scale) * layout.matrix(teacher.weights, 1),
          teacher.network->activation()};
}

Matrix generate_targets(const GeneratorOptions& options, const Matrix& inputs) {
  using std::isfinite;
  if (options.outputs < 1)
    throw InputError(
        fmt::format("data.targets: {} outputs found, expected a positive number", options.outputs));
  if (inputs.rows() != options.dimension)
    throw InputError(
        fmt::format("data.inputs: dimension {} found, expected {}", inputs.rows(), options.dimension));
  if (!isfinite(options.noise) || options.noise < 0)
    throw InputError(fmt::format("data.noise: {} found, expected a number >= 0", options.noise));
  Matrix targets = clean_targets(options, inputs);
  if (options.noise > 0) {
    Random random(options.seed, RandomStream::noise);
    targets += options.noise * random.normal_matrix(targets.rows(), targets.cols());
  }
  if (options.targets == TargetKind::classes) to_classes(targets);
  return targets;
}

}  // namespace saddleflow
