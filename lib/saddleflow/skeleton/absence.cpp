#include "saddleflow/skeleton/absence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace saddleflow {

namespace {

constexpr Real kUnknownTime = std::numeric_limits<Real>::quiet_NaN();
// A jump lasts from this part of its fall to this one.
constexpr Real kJumpBegins = Real(0.1), kJumpEnds = Real(0.9);
// From half of a fall to outputs within 1e-3 of where it leads, exponentially, takes twice as long as that;
// so does the way from there to half of the next fall.
constexpr Real kSettlesIn = 2;

double plain(Real x) { return static_cast<double>(x); }

const char* word_of(SequenceCourse::Kind kind) {
  switch (kind) {
    case SequenceCourse::Kind::skeleton:
      return "skeleton";
    case SequenceCourse::Kind::flow:
      return "flow";
    case SequenceCourse::Kind::pursuit:
      break;
  }
  return "pursuit";
}

/// The neighbours of a match that both sequences have: stops of them; -1 where there is none before, none
/// where there is none after.
struct Neighbours {
  Index before_first = -1, before_second = -1;
  std::optional<Index> after_first, after_second;
};

class Explainer {
 public:
  Explainer(const AbsenceContext& context, const std::vector<StopMatch>& matches)
      : c_(context), matches_(matches) {}

  Absence explain(std::size_t k) const {
    const StopMatch& match = matches_[k];
    if (match.is_pair()) return {};
    return match.second < 0 ? missing(k) : additional(k);
  }

 private:
  const SaddleStop& first(Index k) const { return c_.first.stops[static_cast<std::size_t>(k)]; }
  const SaddleStop& second(Index k) const { return c_.second.stops[static_cast<std::size_t>(k)]; }
  Index first_count() const { return static_cast<Index>(c_.first.stops.size()); }
  Index second_count() const { return static_cast<Index>(c_.second.stops.size()); }

  Neighbours neighbours(std::size_t k) const {
    Neighbours found;
    for (std::size_t i = 0; i < matches_.size(); ++i) {
      const StopMatch& match = matches_[i];
      if (!match.is_pair()) continue;
      if (i < k) {
        found.before_first = match.first;
        found.before_second = match.second;
      } else if (!found.after_first) {
        found.after_first = match.first;
        found.after_second = match.second;
      }
    }
    return found;
  }

  Real loss_before(Index k) const { return k > 0 ? first(k - 1).loss : c_.loss_at_origin; }

  // Stops of the first sequence that the second lacks.

  Absence missing(std::size_t at) const {
    const Index k = matches_[at].first;
    Absence found = reason(k, neighbours(at));
    if (const auto i = static_cast<std::size_t>(k); i < c_.second_course.nearest.size())
      found.nearest = c_.second_course.nearest[i];
    return found;
  }

  Absence reason(Index k, const Neighbours& near) const {
    const SequenceCourse& course = c_.second_course;
    const std::string name = std::string("the ") + word_of(course.kind);
    if (const auto m = same_point(first(k).outputs, c_.second))
      return {AbsenceKind::other_order,
              fmt::format("{} has it as its stop {}, in another order", name, *m + 1),
              {}};
    const Index next = near.before_second + 1;
    if (next < near.after_second.value_or(second_count())) return other_way(k, near, next);
    if (course.failed && !near.after_first)
      return {AbsenceKind::failed, fmt::format("{} failed: {}", name, course.end), {}};
    if (course.interrupted && !near.after_first)
      return {AbsenceKind::interrupted, fmt::format("{} was interrupted: {}", name, course.end), {}};
    if (!near.after_first && is_above(k))
      return {
          AbsenceKind::ended_before, fmt::format("{} ended before: {}{}", name, course.end, approach(k)), {}};
    if (course.kind == SequenceCourse::Kind::flow) return passed_by(k, near);
    if (near.after_second)
      return {AbsenceKind::passed_by,
              fmt::format("round {} took the loss from {:.4g} to {:.4g}, past it", *near.after_second + 1,
                          plain(near.before_second < 0 ? c_.loss_at_origin : second(near.before_second).loss),
                          plain(second(*near.after_second).loss)),
              {}};
    return {AbsenceKind::not_found, "no reason found", {}};
  }

  /// Above the loss of the stop by more than what it is told by.
  bool is_above(Index k) const {
    const Real stop = first(k).loss;
    return c_.second_course.end_loss > stop + c_.tolerance * std::abs(loss_before(k) - stop);
  }

  Absence other_way(Index k, const Neighbours& near, Index stop) const {
    const std::string from =
        near.before_first < 0 ? "the start" : fmt::format("stop {}", near.before_first + 1);
    const std::string point =
        fmt::format("its stop {} has loss {:.6g}, outputs off by {:.1e}", stop + 1, plain(second(stop).loss),
                    plain(output_distance(first(k).outputs, second(stop).outputs)));
    const bool pursuit = c_.second_course.kind == SequenceCourse::Kind::pursuit;
    return {AbsenceKind::other_way,
            fmt::format("{} from {} on: {}", pursuit ? "the pursuit took another neuron" : "another way",
                        from, point),
            {}};
  }

  /// Of a flow.
  Absence passed_by(Index k, const Neighbours& near) const {
    if (const FlowDip* dip = dip_at(k, FlowDip::Fate::unresolved))
      return {
          AbsenceKind::unresolved,
          fmt::format(
              "the flow came near (r = {:.1e}, outputs off by {:.1e}), but no critical point was found from "
              "there",
              plain(dip->proximity), plain(output_distance(first(k).outputs, dip->outputs))),
          {}};
    const Real stay = stay_at(k), lasts = duration(k),
               next = k + 1 < first_count() ? duration(k + 1) : kUnknownTime;
    if (stay < kSettlesIn * (lasts + next))
      return {AbsenceKind::too_large_delta,
              fmt::format(
                  "delta is too large: the next jump comes after {:.3g} of flow time, less than twice what "
                  "the two last ({:.3g} and {:.3g}){}",
                  plain(stay), plain(lasts), plain(next), approach(k)),
              {}};
    if (!near.after_first && k + 1 == first_count())
      return {AbsenceKind::ended_before,
              fmt::format("the flow ended on its way into it: {}{}", c_.second_course.end, approach(k)),
              {}};
    if (const std::string words = approach(k); !words.empty())
      return {AbsenceKind::passed_by, "the flow passed by" + words, {}};
    return {AbsenceKind::not_found, "no reason found", {}};
  }

  /// The dip of this fate in which the flow is nearest to the stop, where that is nearer than any other of
  /// the first sequence.
  const FlowDip* dip_at(Index k, FlowDip::Fate fate) const {
    const FlowDip* best = nullptr;
    for (const FlowDip& dip : c_.second_course.dips) {
      if (dip.fate != fate || nearest_of(c_.first, dip.outputs) != k) continue;
      if (!best || dip.proximity < best->proximity) best = &dip;
    }
    return best;
  }

  static Index nearest_of(const SaddleSequence& sequence, const Matrix& outputs) {
    Index best = -1;
    Real least = std::numeric_limits<Real>::infinity();
    for (std::size_t k = 0; k < sequence.stops.size(); ++k) {
      const Real distance = output_distance(sequence.stops[k].outputs, outputs);
      if (!(distance < least)) continue;
      least = distance;
      best = static_cast<Index>(k);
    }
    return best;
  }

  Real stay_at(Index k) const {
    const auto i = static_cast<std::size_t>(k);
    return i < c_.second_course.stays.size() ? c_.second_course.stays[i] : kUnknownTime;
  }

  /// How long the fall to the stop lasts along the flow.
  Real duration(Index k) const {
    const Real from = loss_before(k), fall = from - first(k).loss;
    const LossCurve& losses = c_.second_course.losses;
    return losses.time_of(from - kJumpEnds * fall) - losses.time_of(from - kJumpBegins * fall);
  }

  std::string approach(Index k) const {
    const auto i = static_cast<std::size_t>(k);
    if (i >= c_.second_course.nearest.size()) return "";
    const NearestApproach& near = c_.second_course.nearest[i];
    if (std::isnan(near.time)) return "";
    return fmt::format("; nearest at t = {:.6g}: r = {:.1e}, outputs off by {:.1e}", plain(near.time),
                       plain(near.proximity), plain(near.outputs));
  }

  // Stops of the second sequence that the first lacks.

  Absence additional(std::size_t at) const {
    const SaddleStop& stop = second(matches_[at].second);
    const Neighbours near = neighbours(at);
    const SequenceCourse& course = c_.first_course;
    const std::string name = std::string("the ") + word_of(course.kind);
    if (const auto m = same_point(stop.outputs, c_.first))
      return {AbsenceKind::other_order,
              fmt::format("{} has it as its stop {}, in another order", name, *m + 1),
              {}};
    Index next = near.before_first + 1;  // that the first goes on to below the loss of this stop
    while (next < first_count() && first(next).loss > stop.loss) ++next;
    if (next == first_count()) {
      if (course.failed) return {AbsenceKind::failed, fmt::format("{} failed: {}", name, course.end), {}};
      if (course.interrupted) return {AbsenceKind::interrupted, name + " was interrupted before", {}};
      return {AbsenceKind::ended_before, fmt::format("{} ended before: {}", name, course.end), {}};
    }
    if (const auto i = static_cast<std::size_t>(next); i < course.activated.size() && course.activated[i] > 1)
      return {AbsenceKind::together,
              fmt::format("{} goes on to its stop {} at once, with {} neurons", name, next + 1,
                          course.activated[i]),
              {}};
    return {AbsenceKind::other_way,
            fmt::format("{} goes on to its stop {} instead, outputs off by {:.1e}", name, next + 1,
                        plain(output_distance(first(next).outputs, stop.outputs))),
            {}};
  }

  std::optional<Index> same_point(const Matrix& outputs, const SaddleSequence& in) const {
    const Index nearest = nearest_of(in, outputs);
    if (nearest < 0) return std::nullopt;
    const Matrix& other = in.stops[static_cast<std::size_t>(nearest)].outputs;
    return output_distance(outputs, other) <= c_.tolerance ? std::optional(nearest) : std::nullopt;
  }

  const AbsenceContext& c_;
  const std::vector<StopMatch>& matches_;
};

}  // namespace

std::vector<Absence> explain_absences(const AbsenceContext& context, const std::vector<StopMatch>& matches) {
  const Explainer explainer(context, matches);
  std::vector<Absence> found;
  for (std::size_t k = 0; k < matches.size(); ++k) found.push_back(explainer.explain(k));
  return found;
}

}  // namespace saddleflow
