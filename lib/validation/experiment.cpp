#include "validation/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <mutex>
#include <numeric>
#include <tuple>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/problem/test_score.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "saddleflow/study/learning_method.hpp"
#include "saddleflow/study/parameterisation.hpp"
#include "saddleflow/study/pursuit_setup.hpp"

namespace saddleflow {

namespace {

// Rates down to a millionth of the first one, half of what a quadratic loss bears.
constexpr int kHalvingsOfRate = 20;
// The largest curvature alone is wanted: all of a spectrum only where that is as fast.
constexpr Index kSmallSpectrum = 300;

Real median_of(std::vector<Real> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// The first samples of a set.
Dataset first_samples(const Dataset& all, Index count) {
  Dataset part = all;
  part.inputs = all.inputs.leftCols(count);
  part.targets = all.targets.leftCols(count);
  return part;
}

/// One training set and what learns from it.
class Trial {
 public:
  Trial(const StudyTable& study, Index samples, std::uint64_t seed, PursuitSetup setup,
        const ExperimentOptions& options, std::vector<ExperimentRow>& rows)
      : study_(study), seed_(seed), setup_(std::move(setup)), options_(options), rows_(rows) {
    row_.study = study.name();
    row_.samples = samples;
    row_.seed = seed;
    setup_.options.minimise.interrupt = options.interrupt;
  }

  void run(bool every_width) {
    const auto methods = study_.choices<LearningMethod>("experiment.methods");
    std::vector<std::vector<Index>> widths = pursue(report(methods, LearningMethod::pursuit));
    if (widths.empty()) return;
    for (std::size_t k = 0; k < widths.size(); ++k) {
      const bool last = k + 1 == widths.size();
      if (!last && !every_width) continue;
      const Place place = last ? Place::final : Place::on_the_way;
      if (report(methods, LearningMethod::flow)) flow(widths[k], place);
      if (report(methods, LearningMethod::gradient_descent)) descend(widths[k], place);
    }
  }

 private:
  /// Of a row: with the widths that its method ends with, or with those of an earlier round.
  enum class Place { on_the_way, final };

  static bool report(const std::vector<LearningMethod>& methods, LearningMethod method) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  }
  bool interrupted() const { return options_.interrupt && options_.interrupt->load(); }

  void add(LearningMethod method, std::shared_ptr<const Network> network, const Vector& w, Real train_loss,
           Place place, const WorkCounters& work, std::string stop, bool failed = false) {
    ExperimentRow row = row_;
    row.method = name_of(method);
    row.widths = hidden_widths(*network);
    row.final = place == Place::final;
    row.train_loss = train_loss;
    const TestScore score = test_score(std::move(network), w, *setup_.data.test, setup_.loss);
    row.test_loss = score.loss;
    row.test_error = score.error;
    row.work = work;
    row.stop = std::move(stop);
    row.failed = failed;
    if (options_.on_row) options_.on_row(row);
    rows_.push_back(std::move(row));
  }

  /// The widths of its rounds.
  std::vector<std::vector<Index>> pursue(bool reported) {
    NeuronPursuit pursuit(setup_.family, setup_.data.training, setup_.loss, setup_.options);
    std::vector<std::vector<Index>> widths;
    WorkCounters work;
    std::int64_t sampled = 0;
    Vector weights;
    Real loss = 0;
    while (const auto round = pursuit.advance()) {
      if (!widths.empty() && reported)
        add(LearningMethod::pursuit, with_widths(*setup_.family, widths.back()), weights, loss,
            Place::on_the_way, work, "round");
      widths.push_back(round->neurons);
      work = work + round->work;
      weights = round->weights;
      loss = round->loss_after;
      sampled += round->descent.sampled_decisions;
    }
    if (interrupted()) return {};
    if (!widths.empty() && reported)
      add(LearningMethod::pursuit, with_widths(*setup_.family, widths.back()), weights, loss, Place::final,
          work, std::string(name_of(pursuit.end())) + (sampled > 0 ? ", not certain" : ""), sampled > 0);
    return widths;
  }

  void flow(const std::vector<Index>& widths, Place place) {
    const auto network = with_widths(*setup_.family, widths);
    Objective objective(network, setup_.data.training, setup_.loss);
    MinimiseOptions options = setup_.options.minimise;
    options.loss = setup_.options.loss;
    options.minimiser = Minimiser::flow;
    options.destination = Destination::minimum;
    const Minimisation end =
        minimise(objective, study_.real("init.scale") * gaussian_direction(*network, seed_), options);
    if (interrupted()) return;
    add(LearningMethod::flow, network, end.weights, end.loss, place, end.work, end.stop_reason.text(),
        end.stop_reason.is_failure());
  }

  /// The largest rate 2^-k / lambda_max(start) at which the loss has fallen in the end.
  void descend(const std::vector<Index>& widths, Place place) {
    const auto network = with_widths(*setup_.family, widths);
    Objective objective(network, setup_.data.training, setup_.loss);
    const Vector start = parameterised_weights(InitKind::standard, *network, seed_, 0);
    const Real loss = objective.value(start);
    MinimiseOptions options = setup_.options.minimise;
    options.loss = setup_.options.loss;
    options.minimiser = Minimiser::gradient_descent;
    options.iterations = study_.integer("experiment.iterations");
    options.learning_rate = study_.real("experiment.learning_rate");
    const bool given = options.learning_rate > 0;
    Vector gradient(start.size());
    objective.gradient(start, gradient);
    if (gradient.isZero(0))
      return add(LearningMethod::gradient_descent, network, start, loss, place, objective.counters(),
                 "dead start");
    SpectrumOptions ends;
    ends.dense_limit = kSmallSpectrum;
    ends.counts = false;
    if (!given) options.learning_rate = 1 / hessian_spectrum(objective, start, ends).max();
    for (int k = 0; k < kHalvingsOfRate; ++k, options.learning_rate /= 2) {
      const Minimisation end = minimise(objective, start, options);
      if (interrupted()) return;
      const bool fell = std::isfinite(end.loss) && end.loss < loss;
      if (!fell && !given && k + 1 < kHalvingsOfRate) continue;
      add(LearningMethod::gradient_descent, network, end.weights, end.loss, place, end.work,
          fmt::format("{}, rate {:.2g}", end.stop_reason.text(), static_cast<double>(options.learning_rate)));
      return;
    }
  }

  const StudyTable& study_;
  std::uint64_t seed_;
  PursuitSetup setup_;
  const ExperimentOptions& options_;
  std::vector<ExperimentRow>& rows_;
  ExperimentRow row_;
};

StudyTable read_for(const std::string& path, std::vector<std::string> overrides, Index samples, Index seed) {
  const StudyTable plain = StudyTable::read(path, overrides);
  if (!plain.has("data.file")) overrides.push_back(fmt::format("data.samples={}", samples));
  for (const char* key : {"data.seed", "init.seed", "pursuit.seed"})
    overrides.push_back(fmt::format("{}={}", key, seed));
  return StudyTable::read(path, overrides);
}

PursuitSetup setup_for(const StudyTable& study, Index samples) {
  PursuitSetup setup = build_pursuit(study);
  if (!setup.data.test)
    study.fail("data.test_samples", "found no test set, expected some (data.test_fraction for a file)");
  const Index rows = setup.data.training.inputs.cols();
  if (samples > rows)
    study.fail("experiment.samples",
               fmt::format("found {}, expected at most the {} training samples that {} has", samples, rows,
                           setup.data.training.origin));
  setup.data.training = first_samples(setup.data.training, samples);
  return setup;
}

}  // namespace

Index ExperimentRow::neurons() const { return std::accumulate(widths.begin(), widths.end(), Index{0}); }

std::vector<ExperimentRow> run_experiment(const std::string& path, const std::vector<std::string>& overrides,
                                          const ExperimentOptions& options) {
  const StudyTable plain = StudyTable::read(path, overrides);
  const std::vector<Index> sizes = plain.integers("experiment.samples");
  const Index largest = *std::max_element(sizes.begin(), sizes.end());
  const std::vector<Index> seeds = plain.integers("experiment.seeds");
  std::vector<std::vector<ExperimentRow>> found(sizes.size() * seeds.size());
  std::mutex reporting;
  ExperimentOptions one_at_a_time = options;
  if (options.on_row)
    one_at_a_time.on_row = [&](const ExperimentRow& row) {
      const std::lock_guard lock(reporting);
      options.on_row(row);
    };
  const auto run = [&](Index k) {
    if (options.interrupt && options.interrupt->load()) return;
    const auto i = static_cast<std::size_t>(k);
    const Index samples = sizes[i / seeds.size()], seed = seeds[i % seeds.size()];
    const StudyTable study = read_for(path, overrides, samples, seed);
    Trial(study, samples, static_cast<std::uint64_t>(seed), setup_for(study, samples), one_at_a_time,
          found[i])
        .run(study.boolean("experiment.widths") && samples == largest);
  };
  Workers alone(1);
  (options.workers ? *options.workers : alone).run(static_cast<Index>(found.size()), run);
  std::vector<ExperimentRow> rows;
  for (std::vector<ExperimentRow>& part : found)
    rows.insert(rows.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  return rows;
}

std::vector<ExperimentSummary> summarise(const std::vector<ExperimentRow>& rows) {
  std::vector<std::tuple<std::string, std::string, Index>> order;
  std::map<std::tuple<std::string, std::string, Index>, std::vector<const ExperimentRow*>> groups;
  for (const ExperimentRow& row : rows) {
    if (!row.final) continue;
    const auto key = std::make_tuple(row.study, row.method, row.samples);
    if (groups[key].empty()) order.push_back(key);
    groups[key].push_back(&row);
  }
  std::vector<ExperimentSummary> result;
  for (const auto& key : order) {
    const auto& group = groups[key];
    const auto of = [&](const auto& figure) {
      std::vector<Real> values;
      for (const ExperimentRow* row : group) values.push_back(static_cast<Real>(figure(*row)));
      return values;
    };
    const std::vector<Real> errors = of([](const ExperimentRow& r) { return r.test_error; });
    result.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), static_cast<Index>(group.size()),
                      median_of(of([](const ExperimentRow& r) { return r.neurons(); })),
                      median_of(of([](const ExperimentRow& r) { return r.train_loss; })), median_of(errors),
                      *std::min_element(errors.begin(), errors.end()),
                      *std::max_element(errors.begin(), errors.end()),
                      median_of(of([](const ExperimentRow& r) { return r.work.gradients; }))});
  }
  return result;
}

}  // namespace saddleflow
