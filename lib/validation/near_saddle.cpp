// The findings of P1 and P4 beside a saddle with zero neurons.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "validation/beside_saddle.hpp"
#include "validation/first_visit.hpp"
#include "validation/kinds.hpp"
#include "validation/power_law.hpp"

namespace saddleflow::claims {

namespace {

constexpr Real kTimeTolerance = Real(1e-3);  // on the ratio of times at the smallest delta
constexpr Real kQuickest = Real(1e-4);       // --quick leaves out smaller deltas, slow for p >= 2
constexpr Real kRounding = Real(1e-12);      // of a direction
constexpr Real kAlone = Real(1e-2);          // others this small beside the first neuron are left behind
constexpr Real kSameFunction = Real(1e-6);   // of outputs at refined points
constexpr Real kNoGrowth = std::numeric_limits<Real>::quiet_NaN();

/// What came after one escape.
struct Growth {
  bool as_selected = false;  ///< at the next critical point just those neurons have grown that should
  bool lost = false;         ///< the flow could not be followed to a critical point, and decides nothing
  Real others = kNoGrowth;   ///< largest norm until then of the neurons that should stay inactive
  std::string point;
  Matrix outputs;  ///< there, on the data; empty: there was none
};

/// One direction z, all sizes of it.
struct Series {
  std::string name;
  std::shared_ptr<const ZeroNeuronSaddle> saddle;  ///< of the prediction, for its thread alone
  Prediction prediction;
  std::vector<Departing> runs;  ///< per delta
  std::vector<Growth> growth;
};

Verdict verdict_of(bool decided, bool holds) {
  return !decided ? Verdict::not_decided : (holds ? Verdict::holds : Verdict::fails);
}

std::string ratio_text(Real ratio) { return fmt::format("{:.8g}", static_cast<double>(ratio)); }

Index lost(const Series& series) {
  return std::count_if(series.growth.begin(), series.growth.end(), [](const Growth& g) { return g.lost; });
}

Index not_left(const Series& series) {
  return std::count_if(series.runs.begin(), series.runs.end(),
                       [](const Departing& d) { return d.neuron < 0; });
}

class NearSaddle {
 public:
  NearSaddle(Problem& problem, std::uint64_t seed)
      : problem_(problem), network_(problem.network()), saddle_(find_saddle(problem, seed)) {
    if (problem.quick && saddle_.problem.empty() && power() > 1)
      while (problem.deltas.size() > 2 && problem.deltas.back() < kQuickest) problem.deltas.pop_back();
  }

  Report run() {
    Report report = problem_.report();
    if (!saddle_.problem.empty()) {
      report.findings.push_back({"P4: the flow beside a saddle with zero neurons", "-", "-",
                                 Verdict::not_decided, "no saddle: " + saddle_.problem});
      return report;
    }
    report.details = {described_saddle(), "deltas: " + listed(problem_.deltas)};
    const Series aligned = follow(problem_, "along the KKT point", saddle_.aligned(network_));
    for (const Growth& growth : aligned.growth) alone_.push_back(growth.outputs);
    generic_ = problem_.over_seeds([this](Problem& own, std::uint64_t seed) {
      return follow(own, fmt::format("seed {}", seed), saddle_.random(network_, seed));
    });
    describe(aligned, report.details);
    for (const Series& series : generic_) describe(series, report.details);
    report.findings = {aligned_finding(aligned), generic_finding(), direction_finding(), drift_finding(),
                       growth_finding()};
    name_those_lost(aligned, report.findings.back());
    name_those_that_stay(aligned, report.findings);
    return report;
  }

 private:
  int power() const { return saddle_.power(); }
  Real value() const { return saddle_.best.point.value; }
  std::string paper() const { return power() == 1 ? "P1, P4" : "P4"; }

  std::string described_saddle() const {
    const CriticalPoint& p = saddle_.point;
    return fmt::format(
        "saddle from seed {}: loss {:.6g}, norm {:.4g}, active {}, N = {:.6g} in hidden layer {}",
        saddle_.seed, static_cast<double>(p.refinement.loss), static_cast<double>(p.point().norm()),
        fmt::join(p.active_neurons, " "), static_cast<double>(value()), p.ncfs[saddle_.ncf].layer + 1);
  }

  Series follow(Problem& problem, std::string name, const Vector& z) const {
    auto saddle = std::make_shared<const ZeroNeuronSaddle>(saddle_.with_functions_of_its_own());
    Series series{std::move(name), saddle, Prediction(network_, *saddle, z), {}, {}};
    for (std::size_t i = 0; i < problem.deltas.size(); ++i) {
      const Real delta = problem.deltas[i];
      series.runs.push_back(depart(problem, *saddle, series.prediction, z, delta));
      series.growth.push_back(growth_after(problem, series.runs.back(), series.prediction.activated(delta)));
      Growth& growth = series.growth.back();
      if (neurons_grow_together() && i < alone_.size())
        growth.as_selected = growth.as_selected && is_same_function(growth.outputs, alone_[i]);
    }
    return series;
  }

  /// In a linear network KKT points are families, and what leaves is one mode of the layer, shared by all
  /// neurons; else it is neurons.
  bool modes_leave() const { return network_.traits().mixes(); }
  /// As fast as one another, along one direction, as long as their N is the same: as one neuron.
  bool neurons_grow_together() const { return power() == 1 && !modes_leave(); }
  static bool is_same_function(const Matrix& a, const Matrix& b) {
    return a.size() > 0 && a.size() == b.size() && (a - b).norm() <= kSameFunction * b.norm();
  }

  Growth growth_after(Problem& problem, const Departing& d, const std::vector<Index>& activated) const {
    Growth growth;
    if (d.neuron < 0) return growth;
    const Arrival arrival = arrival_from(problem, d.left_at);
    if (!arrival.found()) {
      // Samples that are learnt for ever need no critical point; a loss that is attained has one.
      growth.lost = !arrival.visit.failure.empty() || !problem.objective.loss().traits().attained;
      growth.point = "no critical point: " + arrival.visit.stop_reason.text();
      return growth;
    }
    std::vector<Index> others;
    for (const Index k : saddle_.point.inactive.neurons)
      if (modes_leave() ? k != d.neuron : !std::binary_search(activated.begin(), activated.end(), k))
        others.push_back(k);
    const std::vector<Index>& inactive = arrival.point.inactive.neurons;
    if (modes_leave())
      growth.as_selected = inactive.size() == others.size();
    else if (neurons_grow_together())  // which of them are small at that point says nothing
      growth.as_selected = std::includes(inactive.begin(), inactive.end(), others.begin(), others.end());
    else
      growth.as_selected = inactive == others;
    growth.outputs = problem.objective.outputs(arrival.point.point());
    growth.others = 0;
    for (const Index k : others) growth.others = std::max(growth.others, arrival.visit.until_closest[k]);
    growth.point = fmt::format("{}, loss {:.4g}, active {}", in_words(arrival.point.kind),
                               static_cast<double>(arrival.point.refinement.loss),
                               fmt::join(arrival.point.active_neurons, " "));
    return growth;
  }

  void describe(const Series& series, std::vector<std::string>& details) const {
    for (std::size_t i = 0; i < series.runs.size(); ++i) {
      const Departing& d = series.runs[i];
      const Real delta = problem_.deltas[i];
      details.push_back(fmt::format(
          "{}, {:.0e}: T = {:.8g}, foretold {:.8g}; neuron {} ({}); direction {:.2e} ~ delta^{:.3f}; drift "
          "{:.2e}; then {}, others/delta {:.3g}",
          series.name, static_cast<double>(delta), static_cast<double>(d.time),
          static_cast<double>(series.prediction.time(delta)), d.neuron, series.prediction.neuron(delta),
          static_cast<double>(d.misdirection), static_cast<double>(series.prediction.direction_power()),
          static_cast<double>(d.drift), series.growth[i].point,
          static_cast<double>(series.growth[i].others / delta)));
    }
  }

  /// What the times are compared with.
  using TimeOf = std::function<Real(Real delta)>;

  Real ratio(const TimeOf& foretold, const Series& series, std::size_t i) const {
    return series.runs[i].time / foretold(problem_.deltas[i]);
  }

  /// What must be 1 at the smallest delta: the ratio of times; for p = 1, where it gets there as slowly as
  /// 1/ln(1/delta), that of their growth between the last two deltas.
  Real closing(const TimeOf& foretold, const Series& series) const {
    const std::size_t n = series.runs.size() - 1;
    if (power() > 1) return ratio(foretold, series, n);
    return (series.runs[n].time - series.runs[n - 1].time) /
           (foretold(problem_.deltas[n]) - foretold(problem_.deltas[n - 1]));
  }

  Finding aligned_finding(const Series& aligned) const {
    const int p = power();
    const TimeOf times = [this](Real delta) { return aligned_departure_time(power(), value(), delta); };
    const std::string law =
        p == 1 ? "ln(1/delta)/(2N)" : fmt::format("delta^-{}/({}N)", p - 1, (p + 1) * (p - 1));
    const std::size_t n = problem_.deltas.size() - 1;
    std::string measured;
    for (const std::size_t i : {std::size_t(0), n / 2, n})
      measured += fmt::format("{}{} at {:.0e}", measured.empty() ? "ratio " : ", ",
                              ratio_text(ratio(times, aligned, i)), static_cast<double>(problem_.deltas[i]));
    if (p == 1) measured += "; slope " + ratio_text(closing(times, aligned));
    return {paper() + ": time until a neuron leaves, from along the KKT point",
            fmt::format("T -> {}, N = {:.4g}{}", law, static_cast<double>(value()),
                        p == 1 ? ": slope 1" : ": ratio 1"),
            measured,
            verdict_of(std::isfinite(closing(times, aligned)),
                       std::abs(closing(times, aligned) - 1) <= kTimeTolerance),
            ""};
  }

  Finding generic_finding() const {
    Real worst = 0;
    Index foreseen = 0, left = 0;
    for (const Series& series : generic_) {
      const TimeOf times = [&](Real delta) { return series.prediction.time(delta); };
      const Real error = std::abs(closing(times, series) - 1);
      worst = error > worst || std::isnan(error) ? error : worst;
      for (std::size_t i = 0; i < series.runs.size(); ++i) {
        if (series.runs[i].neuron < 0) continue;
        ++left;
        if (series.runs[i].neuron == series.prediction.neuron(problem_.deltas[i])) ++foreseen;
      }
    }
    return {paper() + ": and from generic small weights; which neuron leaves",
            "T -> that of the NCF flow of each neuron, the first of them leaves",
            fmt::format("{} - 1 up to {:.1e} at {:.0e}; the neuron foretold in {} of {} runs",
                        power() == 1 ? "slope" : "ratio", static_cast<double>(worst),
                        static_cast<double>(problem_.deltas.back()), foreseen, left),
            verdict_of(std::isfinite(worst) || foreseen < left, worst <= kTimeTolerance && foreseen == left),
            ""};
  }

  Finding direction_finding() const {
    bool decided = true, holds = true;
    Real last = 0;
    std::string predicted, measured;
    for (const Series& series : generic_) {
      std::vector<Real> errors;
      for (const Departing& d : series.runs) errors.push_back(d.misdirection);
      const PowerLaw law = fit_power_law(problem_.deltas, errors, kRounding);
      const Real power = series.prediction.direction_power();
      decided = decided && law.points >= kFewestPoints;
      // Without a power any that is surely positive will do.
      const Real least = std::isnan(power) ? problem_.margin : power - problem_.margin;
      holds = holds && (law.points < kFewestPoints || law.exponent >= least);
      last = std::max(last, errors.back());
      predicted += fmt::format(" {:.3f}", static_cast<double>(power));
      measured += fmt::format(" {:.3f}", static_cast<double>(law.exponent));
    }
    return {paper() + ": the small weights' direction goes to a KKT point of the saddle's NCF",
            fmt::format("at norm ~ sqrt(delta) sine -> 0, as delta to at least{} [derived]", predicted),
            fmt::format("exponents{}; sine up to {:.1e} at {:.0e}", measured, static_cast<double>(last),
                        static_cast<double>(problem_.deltas.back())),
            verdict_of(decided || !holds, holds), ""};
  }

  Finding drift_finding() const {
    bool decided = true, holds = true;
    std::string measured;
    for (const Series& series : generic_) {
      std::vector<Real> drifts;
      for (const Departing& d : series.runs) drifts.push_back(d.drift);
      const PowerLaw law = fit_power_law(problem_.deltas, drifts, 0);
      decided = decided && law.points >= kFewestPoints;
      holds = holds && (law.points < kFewestPoints || law.exponent >= 2 - problem_.margin);
      measured += fmt::format(" {:.3f}", static_cast<double>(law.exponent));
    }
    return {paper() + ": the kept weights drift by O(delta^2 ln 1/delta) [derived]",
            "exponent 2 or more, until small weights are 10 delta", "exponents" + measured,
            verdict_of(decided || !holds, holds), decided ? "" : "too few drifts above rounding"};
  }

  /// The largest delta from which on all runs that left woke the neurons that they should; 0: there is none.
  Real selected_from() const {
    Real from = 0;
    for (std::size_t i = problem_.deltas.size(); i-- > 0;) {
      for (const Series& series : generic_)
        if (series.runs[i].neuron >= 0 && !series.growth[i].as_selected && !series.growth[i].lost)
          return from;
      from = problem_.deltas[i];
    }
    return from;
  }

  /// Foretold, at the larger of the two deltas where growth is judged: of other neurons or, where modes
  /// leave, of the second mode, which is behind the first by delta to twice the power of the direction
  /// (THEORY.md, section 4).
  Real largest_company() const {
    const Real delta = problem_.deltas[problem_.deltas.size() - 2];
    Real largest = 0;
    for (const Series& series : generic_) {
      if (neurons_grow_together()) largest = std::max(largest, series.prediction.company(delta));
      if (modes_leave())
        largest = std::max(largest, std::pow(delta, 2 * series.prediction.direction_power()));
    }
    return largest;
  }

  Finding growth_finding() const {
    Index left = 0, selected = 0;
    Real largest = 0;
    bool proportional = true;
    for (const Series& series : generic_) {
      std::vector<Real> others(series.runs.size(), kNoGrowth);
      for (std::size_t i = 0; i < series.runs.size(); ++i) {
        if (series.runs[i].neuron >= 0 && !series.growth[i].lost) ++left;
        if (!series.growth[i].as_selected) continue;
        ++selected;
        others[i] = series.growth[i].others;
        largest = std::max(largest, others[i] / problem_.deltas[i]);
      }
      const PowerLaw law = fit_power_law(problem_.deltas, others, 0);
      proportional = proportional && (power() == 1 || law.points < 2 || law.exponent >= 1 - problem_.margin);
    }
    const Real from = selected_from();
    const bool holds = proportional && from >= problem_.deltas[problem_.deltas.size() - 2];
    const Real company = largest_company();
    const std::string measured =
        fmt::format("{} of {} runs, all from delta {:.0e} on", selected, left, static_cast<double>(from));
    const std::string beside =
        holds || company <= kAlone
            ? ""
            : fmt::format("N too near one another: others of {:.1e} when the first leaves",
                          static_cast<double>(company));
    if (modes_leave())
      return {paper() + ": after the escape only the mode of the KKT point grows",
              "one mode more at the next critical point", measured,
              verdict_of(left > 0 && beside.empty(), holds), beside};
    if (power() == 1)
      return {paper() + ": after the escape only the neurons of the highest N grow, as one",
              "no other at the next critical point, where all is as from along the KKT point [derived]",
              measured, verdict_of(left > 0 && beside.empty(), holds), beside};
    return {paper() + ": after the escape only the neuron of the KKT point grows",
            "one neuron more at the next critical point; the others O(delta)",
            measured + fmt::format("; others' norm/delta up to {:.2g}", static_cast<double>(largest)),
            verdict_of(left > 0, holds), ""};
  }

  /// A run that did not leave decides nothing, and is named.
  void name_those_that_stay(const Series& aligned, std::vector<Finding>& findings) const {
    const Index count =
        std::accumulate(generic_.begin(), generic_.end(), not_left(aligned),
                        [](Index sum, const Series& series) { return sum + not_left(series); });
    if (count == 0) return;
    const std::string stay = fmt::format("in {} runs no neuron leaves within the steps allowed", count);
    for (Finding& finding : findings) finding.reason += (finding.reason.empty() ? "" : "; ") + stay;
  }

  void name_those_lost(const Series& aligned, Finding& growth) const {
    Index count = lost(aligned);
    for (const Series& series : generic_) count += lost(series);
    if (count == 0) return;
    growth.reason += fmt::format("{}{} to no critical point until a check or the steps allowed end it",
                                 growth.reason.empty() ? "" : "; ",
                                 count == 1 ? "1 run comes" : fmt::format("{} runs come", count));
  }

  Problem& problem_;
  const Network& network_;
  ZeroNeuronSaddle saddle_;
  std::vector<Matrix> alone_;  // outputs at the next critical point, from along the KKT point
  std::vector<Series> generic_;
};

}  // namespace

Report measure_near_saddle(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  return NearSaddle(problem, static_cast<std::uint64_t>(study.integer("init.seed"))).run();
}

}  // namespace saddleflow::claims
