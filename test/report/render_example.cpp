// render_example FOLDER: writes the example runs as pages and one as a run file, for the tests of page and
// tool.
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "example_file.hpp"
#include "example_pursuit.hpp"
#include "example_run.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/report/page.hpp"

namespace {

/// The run as from another start: everything happens `later` times as late, and the study says so.
saddleflow::report::RunData another_start(saddleflow::report::RunData run, double later) {
  for (double& t : run.time) t *= later;
  for (saddleflow::report::Event& event : run.events) event.time *= later;
  for (saddleflow::report::Snapshot& snapshot : run.snapshots) snapshot.time *= later;
  for (saddleflow::report::Saddle& visit : run.saddles)
    for (double* t : {&visit.enter_time, &visit.closest_time, &visit.leave_time}) *t *= later;
  run.study += fmt::format("\n[made_up]\nlater = {}\n", later);
  return run;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace saddleflow::report;
  namespace archive = saddleflow::archive;
  if (argc != 2) {
    std::cerr << "usage: render_example FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  const auto write = [&](const std::string& name, const RunData& run) {
    std::ofstream(folder + "/" + name + ".html", std::ios::binary) << render_page(run);
  };
  write("plane", example_run(2, 24));
  write("map", example_run(10));
  write("diagonal", example_diagonal_run(12));
  RunData kkt = example_run(2, 24);
  add_example_kkt(kkt);
  write("kkt", kkt);
  RunData kkt_map = example_run(10);
  add_example_kkt(kkt_map);
  write("kkt_map", kkt_map);
  // The points alone, as sf-kkt writes them of a study.
  RunData points = without_trajectory(kkt);
  points.saddles.clear();
  write("points", points);
  RunData modes = example_run(2, 24);
  add_example_modes(modes);
  write("modes", modes);
  RunData measures = example_run(10);
  add_example_measures(measures);
  write("measures", measures);
  RunData still = example_run(2, 24);
  still.has_mode_changes = true;
  write("no_mode_change", still);
  RunData saddles = example_run(10);
  add_example_saddles(saddles);
  write("saddles", saddles);
  RunData several = without_trajectory(saddles);
  several.saddle_record.runs = {"seed-1.h5", "seed-2.h5"};
  write("several", several);
  RunData none = example_run(10);
  none.saddles.clear();
  none.has_saddle_record = true;
  write("no_saddle", none);
  // By way of the file: the page's data are then those of a reader.
  const auto write_grown = [&](const std::string& name, const archive::PursuitRecord& record) {
    archive::write_pursuit(folder + "/" + name + ".h5", record, saddleflow::ExistingFile::replace);
    write(name, read_run(folder + "/" + name + ".h5"));
  };
  write_grown("growing", example_pursuit(6));
  write_grown("growing_wide", example_pursuit(64, StepRows::left_out));
  RunData bare;
  bare.title = "</title><script>document.body.dataset.hacked='yes'</script>";
  bare.file = "bare.h5";
  bare.time = {0};
  bare.loss = {1};
  write("bare", bare);
  write_example_file(folder + "/file.h5", example_run(10));
  // Runs of one problem, one of them stopped early, and a run of another.
  const std::vector<std::string> compared{folder + "/run-1.h5", folder + "/run-2.h5", folder + "/run-3.h5"};
  write_example_file(compared[0], example_run(10));
  write_example_file(compared[1], another_start(example_run(10), 1.3));
  write_example_file(compared[2], another_start(example_run(10), 0.6));
  write_example_file(folder + "/other.h5", example_run(3));
  std::ofstream(folder + "/runs.html", std::ios::binary) << render_page(read_runs(compared));
  return 0;
}
