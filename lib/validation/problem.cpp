#include "validation/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow::claims {

namespace {

constexpr std::size_t kQuickSeeds = 2;

Objective build_objective(const StudyTable& study) {
  const auto network = [&] {
    try {
      return build_network(study);
    } catch (const InputError& error) {  // those of the network itself do not know the file
      const std::string message = error.what();
      throw InputError(message.starts_with(study.name()) ? message : study.name() + ": " + message);
    }
  }();
  if (const std::string key = test_set_key(study); !key.empty())
    study.fail(key, "found a test set, which a claim has no use for");
  require_no_decay(study, "a claim");
  require_one_rate(study, "a claim");
  Dataset data = build_dataset(study, *network);
  return Objective(network, std::move(data), build_loss(study));
}

std::vector<Real> build_deltas(const StudyTable& study) {
  std::vector<Real> deltas = study.reals("claim.deltas");
  std::sort(deltas.rbegin(), deltas.rend());
  if (deltas.size() < 2) study.fail("claim.deltas", "found fewer than two sizes");
  return deltas;
}

std::vector<std::uint64_t> build_seeds(const StudyTable& study, bool quick) {
  std::vector<std::uint64_t> seeds;
  for (const Index seed : study.integers("claim.seeds")) seeds.push_back(static_cast<std::uint64_t>(seed));
  if (seeds.empty()) study.fail("claim.seeds", "found none");
  if (quick && seeds.size() > kQuickSeeds) seeds.resize(kQuickSeeds);
  return seeds;
}

InitKind checked_init(const StudyTable& study) {
  const auto kind = study.choice<InitKind>("init.kind");
  check_init_keys(study);
  if (!is_drawn(kind))
    study.fail("init.kind",
               fmt::format("found {}, a claim needs starts from seeds: gaussian, sphere, balanced, low_rank",
                           name_of(kind)));
  return kind;
}

}  // namespace

Problem::Problem(const StudyTable& study, const Options& options)
    : objective(build_objective(study)),
      correlation(objective),
      deltas(build_deltas(study)),
      seeds(build_seeds(study, options.quick)),
      stepper_options(
          build_stepper_options(study, network(), study.real("flow.rtol"), correlation.loss_at_origin())),
      stepper(study.text("flow.stepper")),
      rtol(study.real("flow.rtol")),
      max_steps(study.integer("flow.max_steps")),
      margin(study.real("claim.margin")),
      quick(options.quick),
      interrupt(options.interrupt),
      study_(&study),
      options_(options),
      title_(study.text("title")),
      init_(checked_init(study)) {}

Vector Problem::direction(std::uint64_t seed) const { return drawn_direction(*study_, network(), seed); }

void Problem::for_each(Index count, const std::function<void(Index)>& job) const {
  Workers alone(1);
  (options_.workers != nullptr ? *options_.workers : alone).run(count, job);
}

void Problem::check_interrupt() const {
  if (interrupt != nullptr && interrupt->load()) throw Interrupted();
}

Report Problem::report() const {
  const Activation activation = network().activation();
  Report report;
  report.title = title_;
  report.setting = fmt::format(
      "{} {}, slope {:g}, power {}, D = {}, {} weights; {}, {} samples; {} loss; starts {}, seeds {}",
      network().kind(), fmt::join(network().layer_sizes(), "-"), static_cast<double>(activation.slope()),
      activation.power(), degree(), objective.size(), objective.data().origin, objective.data().inputs.cols(),
      objective.loss().name(), name_of(init_), listed(seeds));
  return report;
}

std::string listed(const std::vector<Real>& numbers, const char* format) {
  std::string out;
  for (const Real number : numbers)
    out += (out.empty() ? "" : " ") + fmt::format(fmt::runtime(format), static_cast<double>(number));
  return out;
}

std::string listed(const std::vector<std::uint64_t>& seeds) {
  return fmt::format("{}", fmt::join(seeds, " "));
}

}  // namespace saddleflow::claims
