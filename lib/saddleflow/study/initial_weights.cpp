#include "saddleflow/study/initial_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/growing_run.hpp"
#include "saddleflow/study/population_study.hpp"
#include "saddleflow/study/saddle_start.hpp"
#include "saddleflow/study/weights_file.hpp"

namespace saddleflow {

namespace {

// Sweeps over all neurons: what is left falls linearly, the more slowly the deeper the network, and a sweep
// is cheap.
constexpr int kBalanceSweeps = 10000;
// ln of a rescaling that is rounding: of two norms, sums each, and their ratio.
constexpr Real kAlreadyBalanced = 8 * std::numeric_limits<Real>::epsilon();

Real norm_of(const Vector& w, const std::vector<Index>& indices) {
  Real sum = 0;
  for (Index i : indices) sum += w[i] * w[i];
  return std::sqrt(sum);
}

void scale_by(Vector& w, const std::vector<Index>& indices, Real factor) {
  for (Index i : indices) w[i] *= factor;
}

// The rescaling symmetry a -> e^{p_a s} a, b -> e^{-p_b s} b of p_a ||a||^2 - p_b ||b||^2, to where that is
// zero; returns |s|.
Real balance_rescaling(Vector& w, const ConservedQuantity& quantity) {
  const QuadraticTerm &up = quantity.terms[0], &down = quantity.terms[1];
  const Real in = norm_of(w, up.first), out = norm_of(w, down.first);
  if (in == 0 || out == 0) return 0;
  const Real p = -down.coefficient / up.coefficient;
  const Real log_c = std::log(std::sqrt(p) * out / in) / (p + 1);
  scale_by(w, up.first, std::exp(log_c));
  scale_by(w, down.first, std::exp(-p * log_c));
  return std::abs(log_c);
}

// Coordinate descent on the norm over the rescaling orbit, convex in ln c: converges to the balanced point.
void balance_neurons(const Network& network, Vector& w) {
  std::vector<ConservedQuantity> rescalings = network.conserved();
  std::erase_if(rescalings,
                [](const ConservedQuantity& q) { return !q.is_rescaling() || q.terms.size() != 2; });
  for (int sweep = 0; sweep < kBalanceSweeps; ++sweep) {
    Real largest = 0;
    for (const ConservedQuantity& q : rescalings) largest = std::max(largest, balance_rescaling(w, q));
    if (largest <= kAlreadyBalanced) return;
  }
  throw NumericalError("init.kind = balanced: rescaling the neurons did not converge");
}

// W_m = U S R_{m-1}^T, W_l = R_l S R_{l-1}^T, W_1 = R_1 S V^T with S = Sigma^{1/m} and orthonormal R_l.
Vector balanced_linear(const Network& network, Random& random) {
  const Layout& layout = network.layout();
  const int m = layout.layer_count();
  const Matrix product = random.normal_matrix(layout.layer(m - 1).rows, layout.layer(0).cols);
  const ThinSvd svd = thin_svd(product);
  Index rank = std::min(product.rows(), product.cols());
  for (int l = 0; l + 1 < m; ++l) rank = std::min(rank, layout.layer(l).rows);
  const Vector s = svd.values.head(rank).array().pow(Real(1) / static_cast<Real>(m));
  Vector w(layout.size());
  Matrix right = svd.v.leftCols(rank);
  for (int l = 0; l < m; ++l) {
    const Matrix left =
        l + 1 == m ? Matrix(svd.u.leftCols(rank)) : random.orthonormal_columns(layout.layer(l).rows, rank);
    layout.matrix(w, l) = left * s.asDiagonal() * right.transpose();
    right = left;
  }
  return w.normalized();
}

/// Every matrix takes what the one before it gives, so that their product is the function.
bool is_chain(const Layout& layout) {
  for (int l = 1; l < layout.layer_count(); ++l)
    if (layout.layer(l).cols != layout.layer(l - 1).rows) return false;
  return true;
}

Vector from_run(const std::string& path, std::int64_t snapshot, const StudyTable& study,
                const Network& network) {
  const archive::RunReader run = archive::RunReader::open(path);
  const std::int64_t count = run.rows().snapshot;
  const std::int64_t row = snapshot < 0 ? count - 1 : snapshot;
  if (row < 0 || row >= count)
    study.fail("init.snapshot", fmt::format("found {}, but {} has {} snapshots", snapshot, path, count));
  return stored_weights(run, row, network);
}

Vector raw_weights(const StudyTable& study, const Network& network) {
  const auto kind = study.choice<InitKind>("init.kind");
  const auto seed = static_cast<std::uint64_t>(study.integer("init.seed"));
  const auto path = [&study] { return study.resolve(study.text("init.file")); };
  switch (kind) {
    case InitKind::gaussian:
    case InitKind::sphere:
    case InitKind::balanced:
      return drawn_direction(kind, network, seed);
    case InitKind::standard:
      return standard_weights(network, seed);
    case InitKind::given: {
      const std::vector<Real> weights = study.reals("init.weights");
      return Eigen::Map<const Vector>(weights.data(), static_cast<Index>(weights.size()));
    }
    case InitKind::saddle:
      return weights_beside_saddle(*saddle_start(study), network);
    case InitKind::file:
      return read_weights(path());
    case InitKind::run:
      return from_run(path(), study.integer("init.snapshot"), study, network);
  }
  throw std::logic_error("init.kind: no enumerator");
}

}  // namespace

std::optional<SaddleStart> saddle_start(const StudyTable& study) {
  if (study.choice<InitKind>("init.kind") != InitKind::saddle) return std::nullopt;
  SaddleStart start;
  start.file = study.resolve(study.text("init.file"));
  start.row = study.integer("init.row");
  start.delta = study.real("init.scale");
  start.seed = static_cast<std::uint64_t>(study.integer("init.seed"));
  start.escape = study.integer("init.escape");
  start.sign = study.choice<StartSign>("init.sign");
  if (study.has("init.direction")) start.direction = study.resolve(study.text("init.direction"));
  if (start.escape > 0 && !start.direction.empty())
    study.fail("init.direction", "found beside init.escape, expected one of the two");
  return start;
}

Vector standard_weights(const Network& network, std::uint64_t seed) {
  Random random(seed);
  Vector w(network.parameter_count());
  const Layout& layout = network.layout();
  for (int l = 0; l < layout.layer_count(); ++l) {
    const LayerShape& shape = layout.layer(l);
    const bool last = l + 1 == layout.layer_count();
    const Real size = std::sqrt((last ? Real(1) : Real(2)) / static_cast<Real>(shape.cols));
    layout.matrix(w, l) = size * random.normal_matrix(shape.rows, shape.cols);
  }
  return w;
}

Vector gaussian_direction(const Network& network, std::uint64_t seed) {
  Random random(seed);
  return Vector(random.normal_matrix(network.parameter_count(), 1)).normalized();
}

Vector sphere_direction(const Network& network, std::uint64_t seed) {
  Vector w = gaussian_direction(network, seed);
  for (const Neuron& neuron : network.neurons())
    scale_by(w, neuron.incoming, 1 / norm_of(w, neuron.incoming));
  const int last_hidden = network.hidden_layer_count() - 1;
  for (const Neuron& neuron : network.neurons())
    if (neuron.layer == last_hidden && !neuron.outgoing.empty())
      scale_by(w, neuron.outgoing, 1 / norm_of(w, neuron.outgoing));
  return w.normalized();
}

Vector balanced_direction(const Network& network, std::uint64_t seed) {
  if (network.traits().mixes() && is_chain(network.layout())) {
    Random random(seed);
    return balanced_linear(network, random);
  }
  Vector w = gaussian_direction(network, seed);
  balance_neurons(network, w);
  return w.normalized();
}

bool is_drawn(InitKind kind) {
  return kind == InitKind::gaussian || kind == InitKind::sphere || kind == InitKind::balanced;
}

Vector drawn_direction(InitKind kind, const Network& network, std::uint64_t seed) {
  if (kind == InitKind::gaussian) return gaussian_direction(network, seed);
  if (kind == InitKind::sphere) return sphere_direction(network, seed);
  if (kind == InitKind::balanced) return balanced_direction(network, seed);
  throw std::logic_error(fmt::format("init.kind: {} is not drawn from a seed", name_of(kind)));
}

Vector initial_point(const std::string& path, const std::vector<std::string>& overrides) {
  const StudyTable study = StudyTable::read(path, overrides);
  return build_initial_weights(study, *build_network(study));
}

Vector build_initial_weights(const StudyTable& study, const Network& network) {
  return is_in_span(study) ? initial_weights_in_span(study, network)
                           : build_initial_weights_of(study, network);
}

Vector build_initial_weights_of(const StudyTable& study, const Network& network) {
  Vector w = raw_weights(study, network);
  if (w.size() != network.parameter_count())
    study.fail("init", fmt::format("found {} weights, expected {} for this network", w.size(),
                                   network.parameter_count()));
  const Real norm = w.norm();
  if (!w.allFinite() || !(norm > 0)) study.fail("init", "found weights that are all zero or not finite");
  const auto kind = study.choice<InitKind>("init.kind");
  if (kind == InitKind::saddle || kind == InitKind::standard) return w;
  if (!is_drawn(kind) && study.boolean("init.keep_norm")) return w;
  return w * (study.real("init.scale") / norm);
}

}  // namespace saddleflow
