// Why one sequence of critical points lacks a stop of another: sequences and courses laid out by hand.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "saddleflow/skeleton/absence.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(absence_test)

namespace {

constexpr Real kLossAtOrigin = 10;

/// Stops at losses 10 - output.
SaddleSequence stops_of(const std::vector<Real>& outputs) {
  SaddleSequence sequence{"made up", {}};
  for (const Real output : outputs) {
    SaddleStop stop;
    stop.time = static_cast<Real>(sequence.stops.size());
    stop.loss = kLossAtOrigin - output;
    stop.outputs = Matrix::Constant(1, 1, output);
    stop.active_neurons = {1};
    sequence.stops.push_back(stop);
  }
  return sequence;
}

/// Of a flow whose loss falls from 10 along a line of slope -1.
SequenceCourse flow_course(Real end_loss, std::size_t stops) {
  SequenceCourse course;
  course.kind = SequenceCourse::Kind::flow;
  course.end = "reached_end";
  course.end_loss = end_loss;
  Observables o;
  for (Real loss = kLossAtOrigin; loss >= end_loss; loss -= Real(0.125)) {
    o.loss = loss;
    o.gradient_norm = 1;
    course.losses.add(kLossAtOrigin - loss, o);
  }
  course.stays.assign(stops, std::numeric_limits<Real>::quiet_NaN());
  course.nearest.resize(stops);
  return course;
}

std::vector<Absence> explained(const SaddleSequence& first, const SequenceCourse& first_course,
                               const SaddleSequence& second, const SequenceCourse& second_course) {
  return explain_absences({first, first_course, second, second_course, kLossAtOrigin, kSameStop},
                          match_sequences(first, second));
}

std::vector<AbsenceKind> kinds(const std::vector<Absence>& absences) {
  std::vector<AbsenceKind> found;
  for (const Absence& absence : absences) {
    BOOST_TEST(absence.words.empty() == (absence.kind == AbsenceKind::none));
    found.push_back(absence.kind);
  }
  return found;
}

using Kinds = std::vector<AbsenceKind>;
const SequenceCourse kSkeleton{.end = "fitted"};

}  // namespace

BOOST_AUTO_TEST_CASE(pairs_need_no_reason) {
  const auto found = explained(stops_of({1, 2}), kSkeleton, stops_of({1, 2}), flow_course(8, 2));
  BOOST_TEST((kinds(found) == Kinds{AbsenceKind::none, AbsenceKind::none}));
}

BOOST_AUTO_TEST_CASE(the_flow_ended_before) {
  const SaddleSequence skeleton = stops_of({1, 4});
  const auto found = explained(skeleton, kSkeleton, stops_of({1}), flow_course(8, 2));
  BOOST_TEST((kinds(found) == Kinds{AbsenceKind::none, AbsenceKind::ended_before}));
  BOOST_TEST(found[1].words == "the flow ended before: reached_end");
  // At the loss of the stop, but not there: on its way into it.
  SequenceCourse near = flow_course(6, 2);
  near.nearest[1] = {Real(0.01), 4, 6, Real(0.02)};
  const auto way = explained(skeleton, kSkeleton, stops_of({1}), near);
  BOOST_TEST((kinds(way) == Kinds{AbsenceKind::none, AbsenceKind::ended_before}));
  BOOST_TEST(way[1].words ==
             "the flow ended on its way into it: reached_end; nearest at t = 4: r = 2.0e-02, outputs off by "
             "1.0e-02");
  BOOST_TEST(way[1].nearest.proximity == Real(0.02));
}

BOOST_AUTO_TEST_CASE(another_way) {
  const auto found = explained(stops_of({1, 2, 4}), kSkeleton, stops_of({1, 3}), flow_course(7, 3));
  // The flow's second stop stands between, and the skeleton goes on to its own.
  BOOST_TEST((kinds(found) == Kinds{AbsenceKind::none, AbsenceKind::other_way, AbsenceKind::other_way,
                                    AbsenceKind::other_way}));
  BOOST_TEST(found[1].words == "another way from stop 1 on: its stop 2 has loss 7, outputs off by 5.0e-01");
}

// From 10 to 90 % of a fall by d the loss takes 0.8 d: 0.8 and 2.4 for the two jumps, twice that 6.4.
BOOST_AUTO_TEST_CASE(too_large_a_delta) {
  const SaddleSequence skeleton = stops_of({1, 4});
  SequenceCourse course = flow_course(6, 2);
  course.stays[0] = Real(6.3);
  course.nearest[0] = {Real(0.05), 1, 9, Real(0.3)};
  const auto found = explained(skeleton, kSkeleton, stops_of({4}), course);
  BOOST_TEST((kinds(found) == Kinds{AbsenceKind::too_large_delta, AbsenceKind::none}));
  BOOST_TEST(
      found[0].words ==
      "delta is too large: the next jump comes after 6.3 of flow time, less than twice what the two last "
      "(0.8 and 2.4); nearest at t = 1: r = 3.0e-01, outputs off by 5.0e-02");
  course.stays[0] = Real(6.5);
  const auto slow = explained(skeleton, kSkeleton, stops_of({4}), course);
  BOOST_TEST((kinds(slow) == Kinds{AbsenceKind::passed_by, AbsenceKind::none}));
}

BOOST_AUTO_TEST_CASE(a_visit_that_led_nowhere) {
  SequenceCourse course = flow_course(6, 2);
  course.dips.push_back({FlowDip::Fate::unresolved, 1, 9, Real(1e-3), Matrix::Constant(1, 1, Real(1.002))});
  const auto found = explained(stops_of({1, 4}), kSkeleton, stops_of({4}), course);
  BOOST_TEST((kinds(found) == Kinds{AbsenceKind::unresolved, AbsenceKind::none}));
  // A dip that is nearer to another stop says nothing of this one.
  course.dips[0].outputs(0, 0) = Real(3.9);
  BOOST_TEST(
      (explained(stops_of({1, 4}), kSkeleton, stops_of({4}), course)[0].kind != AbsenceKind::unresolved));
}

BOOST_AUTO_TEST_CASE(interrupted_and_failed) {
  SequenceCourse course = flow_course(6, 1);
  course.interrupted = true;
  BOOST_TEST(
      (kinds(explained(stops_of({1}), kSkeleton, stops_of({}), course)) == Kinds{AbsenceKind::interrupted}));
  course.failed = true;
  BOOST_TEST(
      (kinds(explained(stops_of({1}), kSkeleton, stops_of({}), course)) == Kinds{AbsenceKind::failed}));
}

BOOST_AUTO_TEST_CASE(the_order_is_another) {
  const auto found = explained(stops_of({1, 2}), kSkeleton, stops_of({2, 1}), flow_course(8, 2));
  BOOST_REQUIRE(found.size() == 3);
  BOOST_TEST((found[0].kind == AbsenceKind::other_order && found[2].kind == AbsenceKind::other_order));
}

BOOST_AUTO_TEST_CASE(stops_that_the_skeleton_lacks) {
  const auto beyond = explained(stops_of({1}), kSkeleton, stops_of({1, 2}), flow_course(8, 1));
  BOOST_TEST((kinds(beyond) == Kinds{AbsenceKind::none, AbsenceKind::ended_before}));
  BOOST_TEST(beyond[1].words == "the skeleton ended before: fitted");
  SequenceCourse skeleton = kSkeleton;
  skeleton.activated = {1, 2};
  const auto tie = explained(stops_of({1, 4}), skeleton, stops_of({1, 2, 4}), flow_course(6, 2));
  BOOST_TEST((kinds(tie) == Kinds{AbsenceKind::none, AbsenceKind::together, AbsenceKind::none}));
  skeleton.activated = {1, 1};
  const auto way = explained(stops_of({1, 4}), skeleton, stops_of({1, 2, 4}), flow_course(6, 2));
  BOOST_TEST((kinds(way) == Kinds{AbsenceKind::none, AbsenceKind::other_way, AbsenceKind::none}));
}

BOOST_AUTO_TEST_CASE(a_pursuit) {
  SequenceCourse pursuit;
  pursuit.kind = SequenceCourse::Kind::pursuit;
  pursuit.end = "stationary, loss 9";
  pursuit.end_loss = 9;
  const auto ended = explained(stops_of({1, 4}), kSkeleton, stops_of({1}), pursuit);
  BOOST_TEST(ended[1].words == "the pursuit ended before: stationary, loss 9");
  pursuit.end_loss = 6;
  const auto past = explained(stops_of({1, 4}), kSkeleton, stops_of({4}), pursuit);
  BOOST_TEST((kinds(past) == Kinds{AbsenceKind::passed_by, AbsenceKind::none}));
  BOOST_TEST(past[0].words == "round 1 took the loss from 10 to 6, past it");
  const auto other = explained(stops_of({1, 4}), kSkeleton, stops_of({2, 4}), pursuit);
  BOOST_TEST(other[0].words.starts_with("the pursuit took another neuron from the start on"), other[0].words);
}

BOOST_AUTO_TEST_SUITE_END()
