#include "saddleflow/study/initial_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/study/aligned_start.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/growing_run.hpp"
#include "saddleflow/study/parameterisation.hpp"
#include "saddleflow/study/population_study.hpp"
#include "saddleflow/study/saddle_start.hpp"
#include "saddleflow/study/structured_start.hpp"
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

std::uint64_t seed_of_start(const StudyTable& study) {
  return static_cast<std::uint64_t>(study.integer("init.seed"));
}

Real perturbation_of(const StudyTable& study) {
  return study.has("init.perturbation") ? study.real("init.perturbation") : Real(0);
}

/// Neurons of each hidden layer at a row of a run.
std::vector<Index> widths_of_row(const archive::RunReader& run, std::int64_t row) {
  const archive::RunDescription& d = run.description();
  std::vector<Index> widths;
  if (!d.growing) {
    for (const std::int64_t layer : d.neuron_layer) {
      widths.resize(std::max(widths.size(), static_cast<std::size_t>(layer) + 1), 0);
      ++widths[static_cast<std::size_t>(layer)];
    }
    return widths;
  }
  const BirthOrder order = birth_order(run);
  const Layout layout = order.layout(order.born(run.row("weights", row)));
  for (int l = 0; l + 1 < layout.layer_count(); ++l) widths.push_back(layout.layer(l).rows);
  return widths;
}

/// Whether the network of the file is one of the family, but for its widths.
void require_family(const StudyTable& study, const archive::RunReader& run, const Network& network) {
  const archive::RunDescription& d = run.description();
  if (d.network_kind != network.kind() || d.input_count != network.input_count() ||
      d.output_count != network.output_count())
    study.fail("init.added_scale",
               fmt::format("found a {} network of {} inputs and {} outputs in {}, expected {} of {} and {}",
                           d.network_kind, d.input_count, d.output_count, run.path(), network.kind(),
                           network.input_count(), network.output_count()));
}

/// The weights of a narrower network of the family, and small neurons besides.
Vector widened_run(const StudyTable& study, const archive::RunReader& run, std::int64_t row,
                   const Network& network) {
  require_family(study, run, network);
  if (!study.boolean("init.keep_norm"))
    study.fail("init.added_scale",
               "found beside init.keep_norm = false, expected true: the norms of both "
               "parts would change together");
  const std::vector<Index> widths = widths_of_row(run, row);
  const Vector narrow = stored_weights(run, row, *network.with_hidden_widths(widths));
  return widened(network, widths, perturbed(narrow, perturbation_of(study), seed_of_start(study)),
                 study.real("init.added_scale"), seed_of_start(study));
}

/// Beside a saddle of a narrower network of the family, with small neurons besides.
Vector beside_saddle(const StudyTable& study, const Network& network) {
  const SaddleStart start = *saddle_start(study);
  if (!study.has("init.added_scale")) return weights_beside_saddle(start, network);
  const archive::RunReader file = archive::RunReader::open(start.file);
  require_fixed_network(file, "init.added_scale");
  require_family(study, file, network);
  const std::vector<Index> widths = widths_of_row(file, 0);
  const Vector narrow = weights_beside_saddle(start, *network.with_hidden_widths(widths));
  return widened(network, widths, narrow, study.real("init.added_scale"), seed_of_start(study));
}

Vector from_run(const std::string& path, const StudyTable& study, const Network& network) {
  const archive::RunReader run = archive::RunReader::open(path);
  const std::int64_t count = run.rows().snapshot, snapshot = study.integer("init.snapshot");
  const std::int64_t row = snapshot < 0 ? count - 1 : snapshot;
  if (row < 0 || row >= count)
    study.fail("init.snapshot", fmt::format("found {}, but {} has {} snapshots", snapshot, path, count));
  if (study.has("init.added_scale")) return widened_run(study, run, row, network);
  return perturbed(stored_weights(run, row, network), perturbation_of(study), seed_of_start(study));
}

Vector aligned_weights(const StudyTable& study, const Network& network) {
  std::optional<Index> rank;
  if (study.has("init.rank")) rank = study.integer("init.rank");
  const std::shared_ptr<const Network> unowned(&network, [](const Network*) {});
  const Objective objective(unowned, build_dataset(study, network), build_loss(study));
  return perturbed(aligned_direction(objective, rank, seed_of_start(study)), perturbation_of(study),
                   seed_of_start(study));
}

Real gamma_of(const StudyTable& study, InitKind kind) {
  if (kind != InitKind::width_scaled) return 0;
  if (!study.has("init.gamma"))
    study.fail("init.gamma", "not found, expected the exponent of the variance width^-gamma");
  return study.real("init.gamma");
}

Vector raw_weights(const StudyTable& study, const Network& network) {
  const auto kind = study.choice<InitKind>("init.kind");
  if (is_parameterisation(kind))
    return parameterised_weights(kind, network, seed_of_start(study), gamma_of(study, kind));
  const auto path = [&study] { return study.resolve(study.text("init.file")); };
  switch (kind) {
    case InitKind::given: {
      const std::vector<Real> weights = study.reals("init.weights");
      const Vector w = Eigen::Map<const Vector>(weights.data(), static_cast<Index>(weights.size()));
      return perturbed(w, perturbation_of(study), seed_of_start(study));
    }
    case InitKind::saddle:
      return beside_saddle(study, network);
    case InitKind::file:
      return perturbed(read_weights(path()), perturbation_of(study), seed_of_start(study));
    case InitKind::run:
      return from_run(path(), study, network);
    case InitKind::aligned:
      return aligned_weights(study, network);
    default:  // those drawn from a seed; drawn_direction() knows no others
      return drawn_direction(study, network, seed_of_start(study));
  }
}

/// Messages of the starts themselves name the key, but not the study.
Vector raw_weights_of(const StudyTable& study, const Network& network) {
  check_init_keys(study);
  try {
    return raw_weights(study, network);
  } catch (const InputError& error) {
    const std::string message = error.what();
    throw InputError(message.starts_with("init.") ? study.name() + ": " + message : message);
  }
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
  if (study.has("init.perturbation")) {
    start.relative = true;
    start.delta = study.real("init.perturbation");
  }
  if (!study.has("init.moved")) return start;
  start.moved = study.choice<MovedWeights>("init.moved");
  if (start.escape > 0 || !start.direction.empty())
    study.fail("init.moved", "found beside init.escape or init.direction, expected one of the three");
  return start;
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
  using enum InitKind;
  return kind == gaussian || kind == sphere || kind == balanced || kind == low_rank;
}

namespace {

Vector plain_direction(const StudyTable& study, const Network& network, std::uint64_t seed) {
  const auto kind = study.choice<InitKind>("init.kind");
  if (kind == InitKind::gaussian) return gaussian_direction(network, seed);
  if (kind == InitKind::sphere) return sphere_direction(network, seed);
  if (kind == InitKind::balanced) return balanced_direction(network, seed);
  if (kind != InitKind::low_rank)
    throw std::logic_error(fmt::format("init.kind: {} is not drawn from a seed", name_of(kind)));
  const Index rank = study.has("init.rank") ? study.integer("init.rank") : 1;
  return low_rank_direction(network, rank, perturbation_of(study), seed);
}

}  // namespace

Vector drawn_direction(const StudyTable& study, const Network& network, std::uint64_t seed) {
  const Vector w = plain_direction(study, network, seed);
  if (!study.has("init.layer_scales")) return w;
  return with_layer_norms(network, w, study.reals("init.layer_scales"));
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
  Vector w = raw_weights_of(study, network);
  if (w.size() != network.parameter_count())
    study.fail("init", fmt::format("found {} weights, expected {} for this network", w.size(),
                                   network.parameter_count()));
  const Real norm = w.norm();
  if (!w.allFinite() || !(norm > 0)) study.fail("init", "found weights that are all zero or not finite");
  const auto kind = study.choice<InitKind>("init.kind");
  if (kind == InitKind::saddle || is_parameterisation(kind)) return w;
  const bool stored = kind == InitKind::given || kind == InitKind::file || kind == InitKind::run;
  if (stored && study.boolean("init.keep_norm")) return w;
  return w * (study.real("init.scale") / norm);
}

}  // namespace saddleflow
