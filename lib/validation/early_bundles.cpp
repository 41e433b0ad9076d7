// ReLU networks with one hidden layer and one output, on data whose early alignment is known in closed form
// (THEORY.md, section 2, "Early alignment of ReLU neurons").
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "validation/kinds.hpp"
#include "validation/plateaus.hpp"
#include "validation/power_law.hpp"
#include "validation/problem.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

constexpr Real kOrthogonal = Real(1e-12);    // inner products of unit inputs: some thousand roundings
constexpr Real kBalanced = Real(1e-9);       // |a|^2 - b^2 of a start that is drawn balanced, relative
constexpr Real kSameDirection = Real(1e-6);  // of predicted directions and rates that are one
// Directions nearer than this are one bundle, by judgement: a tenth of a right angle.
constexpr Real kOneBundle = Real(0.15);
// Sines below this many rtol say nothing.
constexpr Real kSineFloor = 1000;
// An inactive neuron does not grow: more than this times its start is growth. By judgement, far above the
// errors of a path.
constexpr Real kStandsStill = Real(1.01);

/// What the NCF flow makes of one neuron.
struct TurningNeuron {
  Vector direction;  ///< of its incoming weights, a unit vector; empty: it does not grow
  Real rate = 0;     ///< N of its KKT point
  bool grows() const { return direction.size() > 0; }
};

enum class AlignmentData { correlated, orthogonal };

/// The assumption on the data, checked sample by sample.
AlignmentData checked_inputs(const StudyTable& study, const Dataset& data) {
  const Matrix unit = data.inputs.colwise().normalized();
  const Matrix cosines = unit.transpose() * unit;
  const bool correlated = study.text("claim.alignment") == "correlated";
  for (Index i = 0; i < cosines.rows(); ++i) {
    if (correlated ? !(data.targets(0, i) > 0) : data.targets(0, i) == 0)
      study.fail("data.targets",
                 fmt::format("found {:g} for sample {}, expected {}", static_cast<double>(data.targets(0, i)),
                             i + 1, correlated ? "targets above 0" : "no zero"));
    for (Index j = 0; j < i; ++j)
      if (correlated ? !(cosines(i, j) > 0) : !(std::abs(cosines(i, j)) <= kOrthogonal))
        study.fail("data.inputs",
                   fmt::format("found the cosine {:.3g} between samples {} and {}, expected {}",
                               static_cast<double>(cosines(i, j)), j + 1, i + 1,
                               correlated ? "all of them above 0" : "orthogonal inputs"));
  }
  return correlated ? AlignmentData::correlated : AlignmentData::orthogonal;
}

void check_network(const StudyTable& study, const Network& network) {
  const Activation activation = network.activation();
  if (!network.traits().layered || network.layer_sizes().size() != 3 || network.output_count() != 1 ||
      !network.traits().kinked() || activation.slope() != 0)
    study.fail("network.layers",
               "expected a ReLU network (power 1, slope 0) with one hidden layer and one output");
}

/// By the closed form, from the balanced start u0.
std::vector<TurningNeuron> fates_of(const StudyTable& study, const Problem& problem, AlignmentData kind,
                                    const Vector& u0) {
  const Dataset& data = problem.objective.data();
  const Matrix a = problem.network().layout().matrix(u0, 0);
  const Vector b = problem.network().layout().matrix(u0, 1).row(0).transpose();
  const Matrix& z = problem.correlation.residual_at_origin();
  const Matrix above = (a * data.inputs).unaryExpr([](Real s) { return s > 0 ? Real(1) : Real(0); });
  std::vector<TurningNeuron> fates(static_cast<std::size_t>(a.rows()));
  for (Index k = 0; k < a.rows(); ++k) {
    if (!(std::abs(a.row(k).squaredNorm() - b[k] * b[k]) <= kBalanced * b[k] * b[k]))
      study.fail("init.kind", "expected balanced, so that no outgoing weight changes its sign");
    Vector pull = Vector::Zero(a.cols());
    if (kind == AlignmentData::correlated) {
      if (b[k] > 0 && above.row(k).any()) pull = data.inputs * z.transpose();
    } else {
      for (Index i = 0; i < data.inputs.cols(); ++i)
        if (above(k, i) > 0 && b[k] * z(0, i) > 0) pull += std::abs(z(0, i)) * data.inputs.col(i);
    }
    if (pull.norm() > 0) fates[static_cast<std::size_t>(k)] = {pull.normalized(), pull.norm() / 2};
  }
  return fates;
}

Index count_bundles(const std::vector<Vector>& directions) {
  std::vector<Vector> bundles;
  for (const Vector& d : directions)
    if (std::none_of(bundles.begin(), bundles.end(),
                     [&](const Vector& b) { return (b - d).norm() < kOneBundle; }))
      bundles.push_back(d);
  return std::ssize(bundles);
}

struct Alignment {
  std::vector<TurningNeuron> fates;
  std::vector<Real> sines;   ///< per delta, of all that grow, where the weights have the norm sqrt(delta)
  std::vector<Real> ratios;  ///< per delta, sigma_2/sigma_1 of W_1 at the escape
  std::vector<Index> bundles;
  Real others = 0;  ///< of the neurons that do not grow: largest norm as a multiple of that of the start
  std::string problem;

  Real first() const {
    return rate([](Real) { return true; });
  }
  /// The highest rate below the first.
  Real second() const {
    const Real highest = first();
    return rate([&](Real r) { return r < highest * (1 - kSameDirection); });
  }
  /// The slowest neuron that grows has N_k/(2N) only, by the time that the fastest one has brought the norm
  /// to sqrt(delta).
  Real sine_exponent() const {
    Real slowest = first();
    for (const TurningNeuron& f : fates)
      if (f.grows()) slowest = std::min(slowest, f.rate);
    return slowest / (2 * first());
  }
  Real ratio_exponent() const { return 1 - second() / first(); }
  Index growing() const {
    return std::count_if(fates.begin(), fates.end(), [](const TurningNeuron& f) { return f.grows(); });
  }

 private:
  template <class Taken>
  Real rate(Taken taken) const {
    Real highest = 0;
    for (const TurningNeuron& f : fates)
      if (f.grows() && taken(f.rate)) highest = std::max(highest, f.rate);
    return highest;
  }
};

void look_at(const Problem& problem, const Vector& u0, const FlowPoint& early, Real delta, Alignment& out) {
  const Matrix a = problem.network().layout().matrix(early.direction, 0);
  const Vector before = neuron_norms(problem.network(), u0);
  const Vector now = neuron_norms(problem.network(), early.weights());
  std::vector<Vector> directions;
  Real sine = 0;
  for (std::size_t k = 0; k < out.fates.size(); ++k) {
    const auto row = static_cast<Index>(k);
    if (!out.fates[k].grows()) {
      out.others = std::max(out.others, now[row] / (delta * before[row]));
      continue;
    }
    const Vector d = a.row(row).transpose().stableNormalized();
    directions.push_back(d);
    sine = std::max(sine, (d - out.fates[k].direction).norm());
  }
  out.sines.push_back(sine);
  out.bundles.push_back(count_bundles(directions));
}

Alignment follow_alignment(Problem& problem, const StudyTable& study, AlignmentData kind,
                           std::uint64_t seed) {
  Alignment out;
  const Vector u0 = problem.direction(seed).normalized();
  out.fates = fates_of(study, problem, kind, u0);
  if (out.growing() == 0) {
    out.problem = "no neuron grows";
    return out;
  }
  const Real escaped = problem.correlation.loss_at_origin() * (1 - study.real("events.escape.fraction"));
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const auto early = flow_at_norm(problem, u0, std::log(delta), std::sqrt(delta));
    const auto late = flow_at_loss(problem, u0, std::log(delta), escaped);
    if (!early || !late) {
      out.problem = fmt::format("from delta {:.0e} the origin is not left", static_cast<double>(delta));
      return out;
    }
    look_at(problem, u0, *early, delta, out);
    const Vector s = singular_values(problem.network().layout().matrix(late->direction, 0));
    out.ratios.push_back(s.size() > 1 ? s[1] / s[0] : Real(0));
  }
  return out;
}

/// All starts of a study.
class AlignmentTally {
 public:
  AlignmentTally(const StudyTable& study, const Problem& problem)
      : problem_(problem), source_(statement_of(study)), bundles_(study.integer("claim.bundles")) {}

  void add(std::uint64_t seed, const Alignment& a) {
    if (!a.problem.empty()) {
      left_out_ += fmt::format("{}seed {} left out ({})", left_out_.empty() ? "" : "; ", seed, a.problem);
      return;
    }
    const PowerLaw sines = fit_power_law(problem_.deltas, a.sines, kSineFloor * problem_.rtol);
    const PowerLaw ratios = fit_power_law(problem_.deltas, a.ratios, kSineFloor * problem_.rtol);
    details.push_back(fmt::format(
        "seed {}: {} of {} neurons grow; sines {} (exponent {:.4f}, foretold {:.4f}); bundles {}; "
        "sigma_2/sigma_1 "
        "at the escape {} (exponent {:.4f}, foretold {:.4f}); others at most {:.3f} of their start",
        seed, a.growing(), a.fates.size(), listed(a.sines, "{:.2e}"), static_cast<double>(sines.exponent),
        static_cast<double>(a.sine_exponent()), fmt::join(a.bundles, " "), listed(a.ratios, "{:.2e}"),
        static_cast<double>(ratios.exponent), static_cast<double>(a.ratio_exponent()),
        static_cast<double>(a.others)));
    ++starts_;
    right_bundles_ += a.bundles.back() == bundles_ ? 1 : 0;
    found_ += fmt::format(" {}", a.bundles.back());
    largest_ = std::max(largest_, a.sines.back());
    others_ = std::max(others_, a.others);
    sines_.add(a.sine_exponent(), sines, problem_.margin);
    ratios_.add(a.ratio_exponent(), ratios, problem_.margin);
  }

  std::vector<Finding> findings() const {
    if (starts_ == 0) return {{source_, "-", "-", Verdict::not_decided, left_out_}};
    const bool bundles = right_bundles_ == starts_ && others_ <= kStandsStill;
    return {{source_, fmt::format("{} at norm sqrt(delta); no other neuron grows", bundle_text()),
             fmt::format("bundles{} at {:.0e}; others at most {:.3f} of their start", found_,
                         static_cast<double>(problem_.deltas.back()), static_cast<double>(others_)),
             bundles ? Verdict::holds : Verdict::fails, left_out_},
            sines_.finding("every neuron that grows turns to the direction of the closed form [derived]",
                           "sine", left_out_,
                           fmt::format("; up to {:.1e} at {:.0e}", static_cast<double>(largest_),
                                       static_cast<double>(problem_.deltas.back()))),
            ratios_.finding("the first layer is of rank one at the escape: sigma_2/sigma_1 of W_1 [derived]",
                            "ratio", left_out_, "")};
  }

  std::vector<std::string> details;

 private:
  std::string bundle_text() const { return bundles_ == 1 ? "1 bundle" : fmt::format("{} bundles", bundles_); }

  /// Measured beside foretold.
  struct Laws {
    std::string foretold, measured;
    bool all = true;
    Index fitted = 0;
    void add(Real exponent, const PowerLaw& law, Real margin) {
      if (law.points < kFewestPoints) return;
      ++fitted;
      foretold += fmt::format(" {:.3f}", static_cast<double>(exponent));
      measured += fmt::format(" {:.3f}", static_cast<double>(law.exponent));
      all = all && std::abs(law.exponent - exponent) <= margin;
    }
    Finding finding(const std::string& claim, const std::string& what, const std::string& left_out,
                    const std::string& more) const {
      if (fitted == 0) return {claim, what + " -> 0", "-", Verdict::not_decided, left_out};
      return {claim, fmt::format("{} -> 0, exponents{}", what, foretold),
              fmt::format("exponents{}{}", measured, more), all ? Verdict::holds : Verdict::fails, left_out};
    }
  };

  const Problem& problem_;
  std::string source_, left_out_, found_;
  std::int64_t bundles_;
  Index starts_ = 0, right_bundles_ = 0;
  Real largest_ = 0, others_ = 0;
  Laws sines_, ratios_;
};

}  // namespace

Report measure_early_bundles(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  check_network(study, problem.network());
  const AlignmentData kind = checked_inputs(study, problem.objective.data());
  AlignmentTally tally(study, problem);
  const auto starts = problem.over_seeds(
      [&](Problem& own, std::uint64_t seed) { return follow_alignment(own, study, kind, seed); });
  for (std::size_t k = 0; k < starts.size(); ++k) tally.add(problem.seeds[k], starts[k]);
  Report report = problem.report();
  report.details = {"deltas: " + listed(problem.deltas)};
  report.details.insert(report.details.end(), tally.details.begin(), tally.details.end());
  report.findings = tally.findings();
  return report;
}

}  // namespace saddleflow::claims
