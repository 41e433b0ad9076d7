#include "validation/first_saddle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "saddleflow/saddle/catalogue.hpp"
#include "saddleflow/saddle/limit_path.hpp"
#include "validation/first_visit.hpp"

namespace saddleflow::claims {

namespace {

constexpr Real kNoPassage = std::numeric_limits<Real>::quiet_NaN();

std::string point_text(const CriticalPoint& point) {
  return fmt::format("{}, loss {:.4g}, active {}", in_words(point.kind),
                     static_cast<double>(point.refinement.loss), fmt::join(point.active_neurons, " "));
}

/// P3 asks for a second-order positive KKT point.
std::string exclusion(const LimitDirection& limit) {
  if (!limit.grows()) return "the direction " + describe(limit);
  switch (limit.kkt.second_order.status) {
    case SecondOrder::Status::maximum:
      return limit.kkt.second_order.zero_explained > 0
                 ? "the direction goes to a family of KKT points (Delta = 0)"
                 : "";
    case SecondOrder::Status::degenerate:
      return "the direction goes to a degenerate KKT point";
    case SecondOrder::Status::saddle:
      return "the direction goes to a saddle of the NCF";
    case SecondOrder::Status::unknown:
      break;
  }
  return "the direction goes to a KKT point of unknown second order";
}

/// Where the loss sees differences of the outputs alone (classes, several outputs) a common row can be added
/// to all rows of the outer weights: critical points come in families, of which this is the member whose rows
/// have the sum zero. The flow keeps that sum (THEORY.md, section 1, "Losses").
Vector without_common_output(const Objective& objective, const Vector& w) {
  const Network& network = objective.network();
  if (!objective.loss().traits().classification || network.output_count() == 1 || !network.traits().layered)
    return w;
  Vector representative = w;
  auto outer = network.layout().matrix(representative, network.layout().layer_count() - 1);
  outer.rowwise() -= outer.colwise().mean().eval();
  return representative;
}

bool all_zero(const Vector& w, const std::vector<Index>& parameters) {
  return std::all_of(parameters.begin(), parameters.end(), [&](Index i) { return w[i] == 0; });
}

Real largest_of(const Vector& norms, const std::vector<Index>& neurons) {
  Real largest = 0;
  for (const Index k : neurons) largest = std::max(largest, norms[k]);
  return largest;
}

class PassageMeasurement {
 public:
  PassageMeasurement(Problem& problem, const Vector& u0)
      : problem_(problem), network_(problem.network()), u0_(u0), known_(problem.objective) {}

  FirstSaddle run() {
    out_.limit = find_limit(problem_.correlation, u0_);
    out_.excluded = exclusion(out_.limit);
    if (!out_.excluded.empty()) return std::move(out_);
    out_.zero = out_.limit.kkt.structure.zero_neurons;
    follow_path();
    if (!out_.excluded.empty()) return std::move(out_);
    for (const Real delta : problem_.deltas) out_.passages.push_back(passage(delta));
    follow_exact_zeros();
    return std::move(out_);
  }

 private:
  void follow_path() {
    LimitPathOptions options;
    options.rtol = problem_.rtol;
    options.max_steps = problem_.max_steps;
    options.interrupt = problem_.interrupt;
    const LimitPath path = compute_limit_path(problem_.objective, out_.limit.kkt.point, options);
    problem_.check_interrupt();
    const std::vector<Index> zero = parameters_of(network_, out_.zero);
    out_.path_keeps_zeros = all_zero(path.start.direction, zero);
    for (const LimitPathPoint& p : path.points) out_.path_keeps_zeros &= all_zero(p.weights, zero);
    out_.end = analysed(problem_, path.points.back().weights);
    if (out_.end.is_critical()) {
      known_.add(out_.end);
    } else {
      out_.excluded = "the limit path ends at no critical point: " + path.stop_reason.text();
    }
  }

  Passage passage(Real delta) {
    problem_.check_interrupt();
    Passage result;
    result.distance = result.small = kNoPassage;
    const Arrival arrival = arrival_from_origin(problem_, u0_, delta);
    if (!arrival.found()) {
      result.other = "no critical point reached: " + arrival.visit.stop_reason.text();
      return result;
    }
    const Vector closest = out_.end.basis.enter(network_, arrival.visit.closest);
    result.small = largest_of(arrival.visit.until_closest, out_.zero);
    const Vector representative = without_common_output(problem_.objective, arrival.visit.closest);
    result.same =
        known_.find(representative == arrival.visit.closest ? arrival.point
                                                            : analysed(problem_, representative)) == 0;
    if (!result.same) {
      result.other = point_text(arrival.point);
      return result;
    }
    result.distance = (closest - out_.end.point()).norm() / out_.end.point().norm();
    return result;
  }

  // The neurons that are zero in the KKT direction put to zero in the start already.
  void follow_exact_zeros() {
    const Vector start = put_to_zero(network_, u0_, out_.zero);
    const Arrival arrival = arrival_from_origin(problem_, start, problem_.deltas.back());
    out_.flow_keeps_zeros = largest_of(arrival.visit.until_end, out_.zero) == 0;
  }

  Problem& problem_;
  const Network& network_;
  const Vector& u0_;
  Catalogue known_;
  FirstSaddle out_;
};

}  // namespace

FirstSaddle measure_first_saddle(Problem& problem, const Vector& u0) {
  return PassageMeasurement(problem, u0).run();
}

}  // namespace saddleflow::claims
