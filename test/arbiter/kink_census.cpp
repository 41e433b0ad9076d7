// A census of random networks whose kinks coincide: does the library's flow end where gradient descent with a
// tiny step ends?
//   build/release/bin/kink-census [convolutions] [count [seed [first [folder [open [rtol [stepper]]]]]]]
// The problems `first` to first + count - 1 of a seed (60, 1, 0); each is a function of its seed and number.
// `open`: so many may not be right yet (0); 1e-8, auto. With a folder every problem that is not right is
// written there as a study with its right end. All 600:
//   build/release/bin/kink-census 600
// With `convolutions` the networks are convolutions with one hidden layer, see random_convolutions.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "arbiter/library_flow.hpp"
#include "arbiter/random_convolutions.hpp"
#include "arbiter/random_kinks.hpp"
#include "arbiter/study_file.hpp"

using namespace saddleflow::test;

namespace {

constexpr double kUndecided = 3e-2;       // an arbiter that is off by more than this decides nothing
constexpr double kUndecidedShare = 0.02;  // flows that truly branch
constexpr double kPieces = 32;            // of a path, where it is judged by them

enum Verdict { right, wrong, unresolved, time_out, undecided, kVerdicts };
constexpr std::array<const char*, kVerdicts> kNames{"right", "WRONG", "UNRESOLVED", "TIME-OUT", "UNDECIDED"};

enum class Networks { feed_forward, convolutions };

struct Settings {
  Networks networks = Networks::feed_forward;
  int count = 60;
  std::uint64_t seed = 1;
  int first = 0;
  std::string folder;
  int open = 0;            // how many may not be right yet
  LibraryFlowOptions how;  // the longest of the right ones take a few thousand steps
};

struct Judged {
  Verdict verdict = right;
  LibraryFlow flow;
  double error = 0;        // the arbiter's own
  std::int64_t steps = 0;  // its
  double distance = 0, tolerance = 0;
  double spread = 0;  // of the arbiter's ends, where it was asked for them
  bool by_pieces = false;
  double piece = -1;   // where the piece begins whose end the arbiter does not find
  double seconds = 0;  // of the arbiter
};

using Table = std::array<std::array<int, kVerdicts>, 3>;  // by hidden layers, or by outer weights

/// A problem and where it counts.
struct CensusProblem {
  std::uint64_t seed = 0;
  int number = 0;
  std::size_t row = 0, column = 0;
  std::string description;
  PlainProblem plain;
};

CensusProblem census_problem(const Settings& settings, int number) {
  if (settings.networks == Networks::convolutions) {
    const RandomConvolution made = random_convolution(settings.seed, number);
    return {made.seed,
            number,
            static_cast<std::size_t>(made.kind),
            made.plain.patches.average ? 1U : 0U,
            made.description(),
            made.plain};
  }
  const RandomKinks made = random_kinks(settings.seed, number);
  return {made.seed,
          number,
          static_cast<std::size_t>(made.kind),
          static_cast<std::size_t>(made.hidden_layers - 1),
          made.description(),
          made.plain};
}

Verdict compare(Judged& j, const Arbiter& arbiter) {
  j.error = arbiter.error();
  j.steps = arbiter.steps();
  j.tolerance = std::max(30 * j.error, 1e-3);
  if (!j.flow.finished()) return j.flow.stop_reason == "step_limit" ? time_out : unresolved;
  j.distance = relative_distance(j.flow.weights, arbiter.weights());
  if (j.error > kUndecided) return undecided;
  return j.distance <= j.tolerance ? right : wrong;
}

// Before the library is blamed: a finer step, and steps of other lengths. Where these end in different places
// the flow branches, and an end close to one of theirs is right.
Verdict confirm(Judged& j, Arbiter& arbiter) {
  arbiter.refine();
  if (const Verdict again = compare(j, arbiter); again != wrong) return again;
  for (const auto& end : arbiter.more_ends()) {
    j.spread = std::max(j.spread, relative_distance(end, arbiter.weights()));
    j.distance = std::min(j.distance, relative_distance(j.flow.weights, end));
  }
  if (j.distance <= j.tolerance) return right;
  return j.spread <= j.tolerance ? wrong : undecided;
}

// Where a path only just reaches a kink, or runs along the border between two ways, descents that agree with
// one another may all miss it. So the path is taken apart: from points of the library's own path the arbiter
// descends to the next ones, and has to find each of them.
Verdict judge_by_pieces(Judged& j, const PlainProblem& problem) {
  const std::vector<PathPoint>& path = j.flow.path;
  double worst = 0;
  for (std::size_t from = 0; from + 1 < path.size();) {
    std::size_t to = from + 1;
    while (to + 1 < path.size() && path[to].time - path[from].time < problem.t_end / kPieces) ++to;
    PlainProblem piece = problem;
    piece.start = path[from].weights;
    piece.t_end = path[to].time - path[from].time;
    const Arbiter arbiter(piece);
    const double distance = relative_distance(path[to].weights, arbiter.weights());
    worst = std::max(worst, distance / std::max(30 * arbiter.error(), 1e-3));
    if (worst > 1) {
      j.distance = distance;
      j.piece = path[from].time;
      return wrong;
    }
    from = to;
  }
  j.by_pieces = true;
  return right;
}

Judged judge(const CensusProblem& kinks, const Settings& settings) {
  Judged j;
  j.flow = library_flow(kinks.plain, settings.how);
  PlainProblem problem = kinks.plain;
  if (j.flow.branched_at) problem.t_end = *j.flow.branched_at;
  const auto begin = std::chrono::steady_clock::now();
  Arbiter arbiter(problem);
  j.verdict = compare(j, arbiter);
  if (j.verdict == wrong) j.verdict = confirm(j, arbiter);
  if (j.verdict == wrong || (j.verdict == undecided && j.flow.finished()))
    j.verdict = judge_by_pieces(j, problem);
  j.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (j.verdict != right && !settings.folder.empty())
    write_study(fmt::format("{}/{}-{}", settings.folder, kinks.seed, kinks.number),
                fmt::format("{}; {}", kNames[j.verdict], kinks.description), problem, settings.how.rtol,
                arbiter, j.tolerance);
  return j;
}

void report(const CensusProblem& kinks, const Judged& j) {
  if (j.verdict == right) return;
  fmt::print("{:<10} {}\n           ", kNames[j.verdict], kinks.description);
  if (j.flow.finished())
    fmt::print("end off by {:.2e}, allowed {:.1e}, the path from t = {:.4g}; ", j.distance, j.tolerance,
               j.piece);
  else
    fmt::print("{} at t = {:.4g} {}; ", j.flow.stop_reason, j.flow.time, j.flow.message);
  fmt::print(
      "arbiter's own error {:.1e} with {} steps{}\n", j.error, j.steps,
      j.verdict == undecided && j.spread > 0 ? fmt::format("; its ends are {:.1e} apart", j.spread) : "");
  std::fflush(stdout);
}

void print(Networks networks, const std::array<Table, kDataKinds>& tables) {
  const bool patches = networks == Networks::convolutions;
  const std::size_t columns = patches ? 2 : 3;
  if (patches)
    fmt::print("{:<10} {:>32} {:>32}\n", "", "dense", "average");
  else
    fmt::print("{:<10} {:>32} {:>32} {:>32}\n", "", "one hidden layer", "two", "three");
  fmt::print("{:<10}", "");
  for (std::size_t l = 0; l < columns; ++l)
    fmt::print("{:>8}{:>6}{:>7}{:>5}{:>7}", "right", "wrong", "unres.", "out", "undec.");
  fmt::print("\n");
  for (int k = 0; k < (patches ? kSequenceKinds : kDataKinds); ++k) {
    fmt::print("{:<10}", patches ? name(static_cast<SequenceKind>(k)) : name(static_cast<DataKind>(k)));
    for (std::size_t l = 0; l < columns; ++l) {
      const auto& c = tables[static_cast<std::size_t>(k)][l];
      fmt::print("{:>8}{:>6}{:>7}{:>5}{:>7}", c[right], c[wrong], c[unresolved], c[time_out], c[undecided]);
    }
    fmt::print("\n");
  }
}

Settings settings_of(int argc, char** argv) {
  Settings s;
  if (argc > 1 && std::string(argv[1]) == "convolutions") {
    s.networks = Networks::convolutions;
    --argc;
    ++argv;
  }
  if (argc > 1) s.count = std::atoi(argv[1]);
  if (argc > 2) s.seed = static_cast<std::uint64_t>(std::atoll(argv[2]));
  if (argc > 3) s.first = std::atoi(argv[3]);
  if (argc > 4) s.folder = argv[4];
  if (argc > 5) s.open = std::atoi(argv[5]);
  if (argc > 6) s.how.rtol = std::atof(argv[6]);
  if (argc > 7) s.how.stepper = argv[7];
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = settings_of(argc, argv);
  std::array<Table, kDataKinds> tables{};
  std::array<int, kVerdicts> total{};
  int branched = 0, sharp = 0, by_pieces = 0, sampled = 0;
  double library_seconds = 0, arbiter_seconds = 0;
  std::int64_t most_steps = 0;
  for (int number = settings.first; number < settings.first + settings.count; ++number) {
    const CensusProblem kinks = census_problem(settings, number);
    const Judged j = judge(kinks, settings);
    report(kinks, j);
    ++tables[kinks.row][kinks.column][j.verdict];
    ++total[j.verdict];
    branched += j.flow.branched_at ? 1 : 0;
    sampled += j.flow.sampled > 0 ? 1 : 0;
    by_pieces += j.by_pieces ? 1 : 0;
    sharp += j.tolerance <= 1e-2 ? 1 : 0;
    library_seconds += j.flow.seconds;
    arbiter_seconds += j.seconds;
    if (j.verdict == right) most_steps = std::max(most_steps, j.flow.steps);
  }
  print(settings.networks, tables);
  fmt::print(
      "kink census, seed {}, problems {} to {}, {}, rtol {:g}: {} right, {} wrong, {} unresolved, {} timed "
      "out, "
      "{} undecided; {} branched and compared up to there; {} decided on samples of rays\n",
      settings.seed, settings.first, settings.first + settings.count - 1, settings.how.stepper,
      settings.how.rtol, total[right], total[wrong], total[unresolved], total[time_out], total[undecided],
      branched, sampled);
  fmt::print(
      "judged to 1e-2 or better: {}, piece by piece: {}; library {:.1f} s, at most {} steps where right; "
      "arbiter {:.1f} s\n",
      sharp, by_pieces, library_seconds, most_steps, arbiter_seconds);
  return total[wrong] + total[unresolved] + total[time_out] <= settings.open &&
                 total[undecided] <= kUndecidedShare * settings.count
             ? 0
             : 1;
}
