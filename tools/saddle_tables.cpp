#include "saddle_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "run_tables.hpp"
#include "saddleflow/base/wrapped.hpp"
#include "saddleflow/saddle/limit_path.hpp"

namespace saddleflow::tools {

std::string index_of(const CriticalPoint& p) {
  if (!p.spectrum.counted) return fmt::format("at least {} -", p.spectrum.negative);
  if (!p.knows_zero_modes())
    return fmt::format("({}, {} in all, {})", p.spectrum.negative, p.spectrum.zero, p.spectrum.positive);
  return fmt::format("({}, {}, {}, {})", p.spectrum.negative, p.zero_modes.explained(),
                     p.zero_modes.unexplained, p.spectrum.positive);
}

std::string zero_modes_of(const ZeroModes& z) {
  std::vector<std::string> parts;
  const auto add = [&](Index count, const char* name) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, name));
  };
  add(z.held_kinks, "held kinks");
  add(z.rescaling, "rescaling");
  add(z.linear_layers, "linear layers");
  add(z.zero_neurons, "zero neurons");
  add(z.dead_neurons, "dead neurons");
  add(z.unexplained, "unexplained");
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

namespace {

constexpr std::size_t kMostEscapes = 4;  // printed of a point

double number(Real x) { return static_cast<double>(x); }
/// Those that lie on kinks.
void print_kinks(std::FILE* out, const SaddleSurvey& survey) {
  const auto on_kinks = [](const CriticalPoint& p) { return p.kinks && !p.kinks->kinks.empty(); };
  if (std::none_of(survey.points.begin(), survey.points.end(), on_kinks)) return;
  fmt::print(out, "\non kinks\n{:>3}  {:>5} {:>12} {:>15} {:>18} {:>9}\n", "#", "held", "Clarke res.",
             "slopes inside by", "least derivative", "shown by");
  for (std::size_t k = 0; k < survey.points.size(); ++k) {
    if (!on_kinks(survey.points[k])) continue;
    const KinkedFirstOrder& f = *survey.points[k].kinks;
    fmt::print(out, "{:>3}  {:>5} {:>12.1e} {:>16.3g} {:>18.6g} {:>9}\n", k + 1, f.kinks.size(),
               number(f.clarke_residual), number(f.margin), number(f.one_sided.least),
               name_of(f.one_sided.method));
  }
}

void print_points(std::FILE* out, const SaddleSurvey& survey) {
  fmt::print(out, "\n{:>3}  {:<13} {:>14} {:>9} {:>10}  {:<20} {:>8}  {:<14} {:<6} {}\n", "#",
             "critical point", "loss", "|grad L|", "rel. grad", "index (-, 0e, 0u, +)", "gap",
             "active neurons", "width", "zero modes");
  for (std::size_t k = 0; k < survey.points.size(); ++k) {
    const CriticalPoint& p = survey.points[k];
    fmt::print(out, "{:>3}  {:<13} {:>14.8g} {:>9.1e} {:>10.1e}  {:<20} {:>8}  {:<14} {:<6} {}\n", k + 1,
               in_words(p.kind), number(p.refinement.loss), number(p.refinement.gradient_norm),
               number(p.refinement.relative_gradient), p.is_critical() ? index_of(p) : "-",
               p.is_critical() ? or_dash(number(p.spectrum.gap), "{:.1e}") : "-",
               fmt::format("{}", fmt::join(p.active_neurons, ", ")),
               fmt::format("{}", fmt::join(survey.widths[k], ", ")),
               p.is_critical() && p.knows_zero_modes() ? zero_modes_of(p.zero_modes) : "-");
  }
}

/// A line for each function that several points have.
void print_same_functions(std::FILE* out, const SaddleSurvey& survey) {
  for (std::size_t k = 0; k < survey.points.size(); ++k) {
    if (survey.same_function[k] != static_cast<Index>(k)) continue;
    std::vector<std::size_t> others;
    for (std::size_t j = 0; j < survey.points.size(); ++j)
      if (j != k && survey.same_function[j] == static_cast<Index>(k)) others.push_back(j + 1);
    fmt::print(out, "one function: {} and {}, of which {} is the narrowest (width, active neurons)\n", k + 1,
               fmt::join(others, ", "), k + 1);
  }
}

std::string reason_of(const Refinement& r) {
  switch (r.obstacle) {
    case Obstacle::none:
      return "the refinement has not ended at one";
    case Obstacle::trust:
      return fmt::format(
          "the gradient falls as far as the refinement may go, {:.2g} of the norm of the weights: the "
          "critical "
          "point, if there is one, is farther away",
          number(r.displacement));
    case Obstacle::no_descent:
      return fmt::format(
          "at a distance of {:.2g} of the norm of the weights no step makes the gradient smaller",
          number(r.displacement));
    case Obstacle::iterations:
      return fmt::format(
          "after {} steps the gradient is still falling, at a distance of {:.2g} of the norm of "
          "the weights",
          r.iterations, number(r.displacement));
    case Obstacle::kinks:
      return "pre-activations stay on the wrong side of their kinks, whatever side these are put to";
    case Obstacle::slopes:
      return "no slopes at the kinks on which the point lies make the gradient zero";
    case Obstacle::valley:
      return "the loss falls on along a valley: the gradient is small beside the curvature alone";
  }
  return {};
}

void print_obstacles(std::FILE* out, const SaddleSurvey& survey) {
  for (std::size_t k = 0; k < survey.points.size(); ++k)
    if (survey.points[k].kind == CriticalKind::unresolved)
      for (const std::string& line :
           wrapped(fmt::format("{}: not resolved: {}", k + 1, reason_of(survey.points[k].refinement)), 120))
        fmt::print(out, "{}\n", line);
}

std::string describe(const EscapeDirection& way) {
  if (way.kind == EscapeDirection::Kind::eigenvector)
    return fmt::format("eigenvector, lambda = {:.6g}", -number(way.value));
  if (way.kind == EscapeDirection::Kind::descent)
    return fmt::format("descent off a kink, L' = {:.6g}", -number(way.value));
  const std::string who = way.layer < 0 ? std::string("several neurons, KKT point")
                                        : fmt::format("neuron of hidden layer {}, KKT point", way.layer + 1);
  const auto time = [&](Real size) { return number(escape_time(way.degree, way.value, std::log(size))); };
  return fmt::format(
      "{}, N = {:.6g}, degree {}, basin {:.0f} %; from 1e-3 in t = {:.4g}, from 1e-6 in {:.4g}", who,
      number(way.value), way.degree, 100 * number(way.basin_share), time(Real(1e-3)), time(Real(1e-6)));
}

void print_escapes(std::FILE* out, const SaddleSurvey& survey, const Network& network) {
  fmt::print(out, "\nways down\n");
  for (std::size_t k = 0; k < survey.points.size(); ++k) {
    const std::vector<EscapeDirection>& ways = survey.points[k].escapes;
    for (std::size_t j = 0; j < std::min(ways.size(), kMostEscapes); ++j) {
      std::string ends;
      for (const SaddleConnection& c : survey.connections)
        if (c.from == static_cast<Index>(k) && c.escape == static_cast<Index>(j))
          ends += c.to < 0 ? fmt::format("  {} no critical point found: loss {}, {}", c.sign > 0 ? "+" : "-",
                                         or_dash(c.loss, "{:.3g}"), c.stop_reason.text())
                           : fmt::format("  {} to {}", c.sign > 0 ? "+" : "-", c.to + 1);
      fmt::print(out, "{:>3}  {}{}\n", j == 0 ? fmt::format("{}", k + 1) : "", describe(ways[j]), ends);
    }
    if (ways.size() > kMostEscapes) fmt::print(out, "{:>3}  and {} more\n", "", ways.size() - kMostEscapes);
    const Spectrum& spectrum = survey.points[k].spectrum;
    if (survey.points[k].is_critical() && spectrum.negative > spectrum.known_negative())
      fmt::print(out, "{:>3}  {} more negative eigenvalues, whose eigenvectors are not computed\n",
                 ways.empty() ? fmt::format("{}", k + 1) : "", spectrum.negative - spectrum.known_negative());
    const std::size_t unknown = survey.points[k].unknown_ncfs.size();
    if (unknown > 0)
      fmt::print(out,
                 "{:>3}  not known: whether one of {} zero neurons can grow (of {} no function of one neuron "
                 "is known)\n",
                 ways.empty() ? fmt::format("{}", k + 1) : "", unknown, network.kind());
  }
}

std::string neuron_name(const Network& network, Index neuron) {
  if (neuron < 0) return "-";
  const Neuron& n = network.neurons()[static_cast<std::size_t>(neuron)];
  return fmt::format("{}.{}", n.layer + 1, n.index + 1);
}

/// In brackets where the refinement ended too far away to be that of the visit.
std::string point_of(const SaddleVisit& v) {
  if (v.point < 0) return "-";
  return fmt::format(fmt::runtime(v.has_saddle ? "{}" : "({})"), v.point + 1);
}

void explain_points(std::FILE* out, const SaddleSurvey& survey) {
  bool far = false, unstored = false;
  for (const SaddleVisit& v : survey.visits) {
    far = far || (v.point >= 0 && !v.has_saddle);
    unstored = unstored || v.point < 0;
  }
  if (far)
    fmt::print(out,
               "(point): where the refinement from this visit ended; it is not critical, or too far away "
               "(distance, loss) to be\nthe saddle of the visit\n");
  if (unstored)
    fmt::print(out,
               "point -: no weights are stored between enter and leave (output.weights), so it was not "
               "refined\n");
}

void print_visits(std::FILE* out, const SaddleSurvey& survey, const Network& network) {
  if (survey.visits.empty()) return;
  fmt::print(out, "\n{:>3}  {:>5} {:>11} {:>11} {:>11} {:>11} {:>9}  {:>9} {:>9}  {:<9} {:<9} {:>8}\n", "run",
             "point", "enter", "closest", "leave", "predicted", "distance", "kept", "small", "left by",
             "predicted", "overlap");
  for (const SaddleVisit& v : survey.visits) {
    const VisitAnalysis& a = v.analysis;
    fmt::print(out, "{:>3}  {:>5} {:>11.6g} {:>11.6g} {:>11} {:>11} {:>9}  {:>9} {:>9}  {:<9} {:<9} {:>8}\n",
               v.run + 1, point_of(v), v.recorded.enter_time, v.recorded.closest_time,
               or_dash(v.recorded.leave_time, "{:.6g}"), or_dash(a.predicted_leave_time, "{:.6g}"),
               or_dash(a.closest_distance, "{:.1e}"), or_dash(a.kept_drift, "{:.1e}"),
               or_dash(a.small_norm, "{:.1e}"), neuron_name(network, a.left_neuron),
               neuron_name(network, a.predicted_neuron), or_dash(a.exit_overlap, "{:.5f}"));
  }
  fmt::print(
      out,
      "left by, predicted: neuron (hidden layer.number) that grew, and that should have; overlap: cosine "
      "of the\nexit with the way down that it follows; kept, small: distance from the point of the "
      "active and of the\nzero neurons' weights at the closest approach\n");
  explain_points(out, survey);
  Index known = 0, preserved = 0;
  for (const SaddleVisit& v : survey.visits) {
    known += v.pattern_preserved != Verdict::not_applicable ? 1 : 0;
    preserved += v.pattern_preserved == Verdict::yes ? 1 : 0;
  }
  fmt::print(out, "sparsity: neurons small where the last point was left are zero at the next in {} of {}\n",
             preserved, known);
}

void print_transitions(std::FILE* out, const SaddleSurvey& survey) {
  if (survey.transitions.empty()) return;
  fmt::print(out, "\ntransitions\n");
  for (const SaddleTransition& t : survey.transitions)
    fmt::print(out, "{:>3} -> {:<3} {}{}\n", t.from + 1, t.to + 1,
               t.trajectories > 0 ? fmt::format("{} trajectories", t.trajectories) : "no trajectory",
               t.escape >= 0 ? fmt::format(", unstable manifold {}", t.escape + 1) : "");
  if (survey.not_followed > 0) fmt::print(out, "{} ways down were not followed\n", survey.not_followed);
}

}  // namespace

void print_survey(std::FILE* out, const SaddleSurvey& survey, const Network& network,
                  const std::vector<std::string>& names) {
  for (std::size_t k = 0; names.size() > 1 && k < names.size(); ++k)
    fmt::print(out, "run {}: {}\n", k + 1, names[k]);
  if (!survey.points.empty()) {
    print_points(out, survey);
    print_same_functions(out, survey);
    print_obstacles(out, survey);
    print_kinks(out, survey);
    print_escapes(out, survey, network);
  }
  if (!names.empty()) print_visits(out, survey, network);
  print_transitions(out, survey);
  fmt::print(out, "\nwork:    {} gradients, {} Hessian-vector products, {} Hessians\n", survey.work.gradients,
             survey.work.hessian_vectors, survey.work.hessians);
}

}  // namespace saddleflow::tools
