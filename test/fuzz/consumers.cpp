#include "consumers.hpp"

#include <optional>

#include "documented.hpp"
#include "saddleflow/archive/export_csv.hpp"
#include "saddleflow/archive/hdf5/hdf5.hpp"
#include "saddleflow/archive/rewrite.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/job/continuation.hpp"
#include "saddleflow/job/evaluation.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/stored_visits.hpp"
#include "saddleflow/problem/data_files.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/report/page.hpp"
#include "saddleflow/study/stored_data.hpp"
#include "scratch.hpp"
#include "watchdog.hpp"

namespace saddleflow::fuzz {
namespace {

// The recipes may ask for larger networks than the bases have; these are checked, and not computed with.
constexpr std::size_t kMostWeights = 64;

void read_columns(const archive::RunReader& run, const std::string& path) {
  for (const std::string& name : archive::dataset_names(path)) {
    const std::string column = name.substr(name.find_first_not_of('/'));
    accepted([&] {
      if (!run.has(column)) return;
      run.width(column);
      run.column(column);
      run.row(column, 0);
    });
    accepted([&] { run.integer_column(column); });
  }
}

void read_rows(const archive::RunReader& run) {
  accepted([&] { run.time_rows(); });
  accepted([&] { run.snapshot_rows(); });
  accepted([&] {
    for (const archive::EventRow& event : run.event_rows()) archive::kind_of(run.description(), event);
  });
  accepted([&] { run.saddle_rows(); });
  accepted([&] { run.mode_changes(); });
  accepted([&] { run.rounds(); });
  accepted([&] { run.skeleton(); });
  accepted([&] { run.kkt(); });
  accepted([&] { run.saddle_record(); });
}

bool is_small(const archive::RunDescription& description) {
  return description.parameter_layer.size() <= kMostWeights;
}

}  // namespace

bool read_whole(const std::string& path) {
  const bool taken = accepted([&] {
    const archive::RunReader run = archive::RunReader::open(path);
    read_columns(run, path);
    read_rows(run);
    accepted([&] { report::render_page(report::read_run(run)); });
    accepted([&] { stored_problem_data(run.description()); });
    accepted([&] { plan_continuation(StudyTable::stored(run.description().toml, path), run); });
    accepted([&] {
      archive::export_csv(run, scratch("copy-csv"), archive::WeightColumns::write, ExistingFile::replace);
    });
  });
  if (taken) accepted([&] { report::render_page(report::read_runs({path, path})); });
  accepted([&] {
    archive::rewrite(path, scratch("copy.h5"), archive::Packing::compressed, ExistingFile::replace);
  });
  accepted([&] {
    load_dataset(path,
                 {.drop_gaps = true, .arrays = {"problem/inputs", "problem/targets"}, .input_count = 0});
  });
  clear_scratch("copy");
  return taken;
}

void use_problem(const std::string& path) {
  accepted([&] {
    KktProblem problem = open_kkt_problem(path, {}, "fuzz");
    if (!problem.run || !is_small(problem.description)) return;
    accepted([&] { stored_visits(problem); });
    accepted([&] { stored_visits(problem, Real(1.5)); });
    nearest_row(*problem.run);
    const Watchdog watchdog(kMoment);
    EvaluationOptions options;
    options.interrupt = watchdog.flag();
    evaluate_run(problem, options);
  });
}

void resume_run(const std::string& path) {
  const Watchdog watchdog(kMoment);
  FlowRunOptions options;
  options.output = path;
  options.command = "fuzz";
  options.resume = true;
  options.interrupt = watchdog.flag();
  accepted([&] {
    std::string study;
    {
      const archive::RunReader run = archive::RunReader::open(path);
      if (!is_small(run.description())) return;
      study = run.description().toml;
    }
    run_flow(StudyTable::stored(study, path, {"flow.max_steps=20", "output.checkpoint_seconds=100"}),
             options);
  });
}

}  // namespace saddleflow::fuzz
