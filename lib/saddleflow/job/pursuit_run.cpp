#include "saddleflow/job/pursuit_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"
#include "saddleflow/record/pursuit_recorder.hpp"
#include "saddleflow/study/stored_data.hpp"
#include "saddleflow/study/study_change.hpp"

namespace saddleflow {

namespace {

Real best_value(const NeuronPursuit& pursuit) {
  Real best = 0;
  for (const NeuronSearch& search : pursuit.searches())
    if (!search.maxima.empty()) best = std::max(best, search.maxima.front().value);
  return best;
}

class PursuitRun {
 public:
  PursuitRun(const std::string& source, const std::vector<std::string>& overrides,
             const PursuitRunOptions& options)
      : options_(options), source_(source) {
    std::error_code ignored;
    if (!options.output.empty()) {
      require_plain_output(options.output);
      lock_ = archive::OutputLock(options.output);
    }
    exists_ = options.resume && std::filesystem::exists(options.output, ignored);  // else it starts
    if (exists_) {
      stamp_ = archive::stamp_of(options.output);
      source_ = options.output;
      open(options.output, {}, -1);
      resumed_by_ = options.command;
      rounds_read_ = static_cast<Index>(record_->rounds.size());
      require_same(StudyTable::read(source, overrides));
    } else if (is_run_file(source)) {
      if (!options.output.empty() && std::filesystem::equivalent(source, options.output, ignored))
        throw InputError(options.output + ": is the source itself, expected another file, or --resume");
      open(source, overrides, options.after_round);
    } else {
      if (options.after_round >= 0)
        throw InputError(source + ": is a study, it has no rounds; expected the file of a pursuit");
      study_.emplace(StudyTable::read(source, overrides));
      setup_.emplace(build_pursuit(*study_));
    }
  }

  PursuitOutcome run() {
    complete();
    write(name_of(RunState::running));
    for (Index k = 0; k < recorder_->rounds(); ++k) report(k);
    while (advance()) {
    }
    const PursuitEnd end = pursuit_->end();
    if (end == PursuitEnd::stationary || end == PursuitEnd::budget || end == PursuitEnd::no_progress)
      recorder_->set_next_value(best_value(*pursuit_));
    write(name_of(end));
    return {end, recorder_->record(name_of(end))};
  }

 private:
  void open(const std::string& path, const std::vector<std::string>& overrides, std::int64_t last) {
    record_.emplace(archive::read_pursuit(path));
    study_.emplace(StudyTable::stored(record_->description.toml, path, overrides));
    if (study_->data_in().empty())
      throw InputError(path + ": found overrides of data, network.bias or loss, expected those of the file");
    setup_.emplace(build_pursuit(*study_, stored_problem_data(record_->description)));
    last_ = last < 0 ? static_cast<Index>(record_->rounds.size()) - 1 : last;
  }

  void require_same(const StudyTable& study) const {
    for (const StudyChange& change : study_changes(*study_, study))
      if (change.role != KeyRole::none)
        throw InputError(fmt::format("{}: {}: found {}, expected {} as in {}, to resume that", study.name(),
                                     change.key, change.now, change.then, options_.output));
  }

  void complete() {
    setup_->options.minimise.interrupt = options_.interrupt;
    setup_->options.workers = options_.workers;
    setup_->options.minimise.on_step = [this](const DescentView& step) {
      recorder_->on_step(step);
      if (options_.progress) options_.progress(recorder_->rounds(), step);
    };
    if (record_) return go_on();
    pursuit_.emplace(setup_->family, setup_->data.training, setup_->loss, setup_->options);
    recorder_.emplace(*study_, *setup_, pursuit_->objective().network(), options_.command);
  }

  void go_on() {
    try {
      recorder_.emplace(*study_, *setup_, std::move(*record_), last_, options_.command);
      pursuit_.emplace(setup_->family, setup_->data.training, setup_->loss, setup_->options,
                       recorder_->state());
    } catch (const InputError& error) {  // of rounds that contradict each other; the file is known here
      throw InputError(source_ + ": " + error.what());
    }
  }

  bool advance() {
    recorder_->begin_round();
    const std::optional<PursuitRound> round = pursuit_->advance();
    if (!round) return false;
    if (round->number > 0) recorder_->set_next_value(best_value(*pursuit_));
    recorder_->end_round(*round, pursuit_->objective());
    write(name_of(RunState::running));
    report(recorder_->rounds() - 1);
    return true;
  }

  void report(Index round) {
    if (options_.on_round)
      options_.on_round(recorder_->record(name_of(RunState::running)).rounds[static_cast<std::size_t>(round)],
                        round);
  }

  void write(const std::string& stop_reason) {
    if (options_.output.empty() || recorder_->rounds() == 0) return;
    const archive::PursuitRecord& record = recorder_->record(stop_reason);
    if (exists_) {
      stamp_ = archive::replace_pursuit(
          options_.output, record, stamp_,
          recorder_->rounds() > rounds_read_ ? std::exchange(resumed_by_, {}) : std::string());
      return;
    }
    stamp_ = archive::write_pursuit(options_.output, record, existing_file(options_.overwrite));
    exists_ = true;
  }

  const PursuitRunOptions& options_;
  std::string source_;  ///< or the output that is resumed, which holds the record
  archive::OutputLock lock_;
  std::optional<StudyTable> study_;
  std::optional<PursuitSetup> setup_;
  std::optional<archive::PursuitRecord> record_;
  Index last_ = -1;
  std::optional<NeuronPursuit> pursuit_;
  std::optional<PursuitRecorder> recorder_;
  bool exists_ = false;
  std::optional<archive::FileStamp> stamp_;  ///< of the output, as this run knows it
  std::string resumed_by_;                   ///< until it is in the file's history, with its first round
  Index rounds_read_ = 0;
};

}  // namespace

PursuitOutcome run_pursuit(const std::string& source, const std::vector<std::string>& overrides,
                           const PursuitRunOptions& options) {
  return PursuitRun(source, overrides, options).run();
}

std::string widths_text(const archive::RoundRow& round) {
  return fmt::format("{}", fmt::join(round.neurons.begin(), round.neurons.end() - 1, "-"));
}

}  // namespace saddleflow
