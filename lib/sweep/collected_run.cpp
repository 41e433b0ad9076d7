#include "sweep/collected_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/study/study_change.hpp"
#include "saddleflow/study/study_table.hpp"
#include "sweep/runner.hpp"
#include "sweep/tool_calls.hpp"

namespace saddleflow::sweep {

namespace {

using archive::RunReader;

// Before the loss has fallen by this part nothing is to be seen on a picture of it.
constexpr double kVisibleFall = 1e-4;
// A fall between two plateaus is a jump from this part of the loss on: the plateaus of one visit differ by
// less (THEORY.md, section 3).
constexpr double kJump = 0.05;

/// A name of netCDF: letters, digits, _.
std::string variable_name(const std::string& words) {
  std::string name;
  for (const char c : words) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

class FileReader {
 public:
  FileReader(const RunReader& file, CollectedRun& out) : file_(file), out_(out) {}

  void read_path() {
    const std::vector<double> times = file_.column("time"), losses = file_.column("loss");
    std::vector<double> slopes = file_.column("gradient_norm");
    for (double& slope : slopes) slope = -slope * slope;
    const bool grows = file_.description().growing;  // the loss jumps where a neuron is added
    const RunCurve loss(times, losses, grows ? std::vector<double>{} : slopes);
    if (loss.empty()) return;
    path_number("final_time", loss.last_time());
    path_number("final_loss", loss.last_value());
    const RunCurve norm(times, file_.column("weight_norm"));
    if (!norm.empty()) path_number("final_weight_norm", norm.last_value());
    read_events();
    read_visits(loss);
    read_widths();
    sample_curves(loss, norm, times);
  }

  void read_summary() {
    out_.stop_reason = file_.summary().stop_reason;
    for (const auto& [name, value] : file_.summary().numbers) {
      // Seconds differ from one execution to the next; the counts of work do not.
      if (name != "wall_seconds") number(name, name + ", as in /run of the run file", value);
    }
  }

  void read_rounds() {
    if (!file_.has_rounds()) return;
    CollectedList& losses = list("round_loss", "round", "training loss after the round");
    CollectedList& tests = list("round_test_loss", "round", "test loss after the round");
    for (const archive::RoundRow& round : file_.rounds()) {
      losses.values.push_back(round.loss_after);
      tests.values.push_back(round.test_loss);
    }
  }

  void read_kkt() {
    const archive::KktRecord kkt = file_.kkt();
    if (kkt.rows.empty()) return;
    CollectedList& values = list("kkt_value", "kkt", "N at the KKT point");
    CollectedList& shares =
        list("kkt_basin_share", "kkt", "share of the random starts that end at the KKT point");
    for (const archive::KktRow& row : kkt.rows) {
      values.values.push_back(row.value);
      shares.values.push_back(row.basin_share);
    }
  }

  void read_saddles() {
    if (!file_.has_saddle_record()) return;
    CollectedList& losses = list("critical_point_loss", "critical_point", "loss at the critical point");
    CollectedList& indices =
        list("critical_point_index", "critical_point", "negative eigenvalues of the Hessian there");
    for (const archive::CriticalPointRow& point : file_.saddle_record().catalogue) {
      losses.values.push_back(point.loss);
      indices.values.push_back(static_cast<double>(point.index_negative));
    }
  }

  void read_skeleton() {
    if (!file_.has_skeleton()) return;
    CollectedList& losses = list("skeleton_loss", "skeleton_jump", "loss after the jump of the skeleton");
    CollectedList& times = list("skeleton_time", "skeleton_jump", "slow time of the jump of the skeleton");
    for (const archive::JumpRow& jump : file_.skeleton().jumps) {
      losses.values.push_back(jump.loss);
      times.values.push_back(jump.time);
    }
  }

 private:
  void number(const std::string& name, const std::string& long_name, double value) {
    out_.numbers[name] = {long_name, value};
  }
  void path_number(const std::string& name, double value) { number(name, kPathNumbers.at(name), value); }
  CollectedList& list(const std::string& name, const std::string& axis, const std::string& long_name) {
    return out_.lists[name] = {axis, long_name, {}};
  }

  void read_events() {
    const archive::RunDescription& description = file_.description();
    std::map<std::string, double> first;
    for (const archive::EventRow& event : file_.event_rows()) {
      const std::string& kind = description.event_kinds.at(static_cast<std::size_t>(event.kind));
      if (kind != name_of(EventKind::end)) first.emplace(kind, event.time);
    }
    for (const auto& [kind, time] : first)
      number("first_" + variable_name(kind), "flow time of the first event " + kind, time);
    for (const EventKind kind : {EventKind::escape_loss, EventKind::escape_norm})
      if (const auto found = first.find(std::string(name_of(kind))); found != first.end())
        return path_number("escape_time", found->second);
  }

  void read_visits(const RunCurve& loss) {
    const std::vector<archive::SaddleRow> visits = file_.saddle_rows();
    const auto column = [&](const std::string& name, const std::string& long_name, auto member) {
      CollectedList& found = list(name, "visit", long_name);
      for (const archive::SaddleRow& visit : visits)
        found.values.push_back(static_cast<double>(visit.*member));
    };
    column("visit_loss", "loss at the closest approach", &archive::SaddleRow::loss);
    column("visit_time", "flow time of the closest approach", &archive::SaddleRow::closest_time);
    column("visit_enter", "flow time at which the visit begins", &archive::SaddleRow::enter_time);
    column("visit_leave", "flow time at which the visit ends", &archive::SaddleRow::leave_time);
    column("visit_depth", "0: close, 1: shallow", &archive::SaddleRow::depth);
    path_number("visit_count", static_cast<double>(visits.size()));
    read_jumps(loss, visits);
  }

  /// A jump lies between two plateaus, of which the first is the start and the last the end.
  void read_jumps(const RunCurve& loss, const std::vector<archive::SaddleRow>& visits) {
    CollectedList& jumps =
        list("jump_time", "jump", "flow time at which half of the loss between two plateaus is lost");
    double from = loss.first_time();
    const auto look = [&](double to) {
      const double a = loss.at(from), b = loss.at(to);
      if (a - b > kJump * a) jumps.values.push_back(loss.falls_to((a + b) / 2, from, to));
      from = to;
    };
    for (const archive::SaddleRow& visit : visits)
      if (std::isfinite(loss.at(visit.closest_time)) && visit.closest_time > from) look(visit.closest_time);
    if (loss.last_time() > from) look(loss.last_time());
    path_number("jump_count", static_cast<double>(jumps.values.size()));
  }

  void read_widths() {
    if (!file_.has("effective_width") || file_.rows().snapshot == 0) return;
    list("final_effective_width", "hidden_layer", "effective width of the hidden layer at the end").values =
        file_.row("effective_width", file_.rows().snapshot - 1);
  }

  void sample_curves(const RunCurve& loss, const RunCurve& norm, const std::vector<double>& times) {
    if (!(loss.last_time() > 0)) return;
    const double fallen =
        loss.falls_to((1 - kVisibleFall) * loss.first_value(), loss.first_time(), loss.last_time());
    // Without a fall the picture begins a decade before the end.
    out_.last_time = last_index_to(loss.last_time());
    out_.first_time = fallen > 0 ? last_index_to(fallen) : out_.last_time - kTimesPerDecade;
    out_.curves["loss_curve"] = sample(loss, out_.first_time);
    out_.curves["weight_norm_curve"] = sample(norm, out_.first_time);
    if (file_.has("test_loss"))
      out_.curves["test_loss_curve"] = sample(RunCurve(times, file_.column("test_loss")), out_.first_time);
  }

  const RunReader& file_;
  CollectedRun& out_;
};

bool is_hdf5(const std::string& path) { return path.ends_with(".h5"); }

/// InputError if the file may be written by a process that locks do not show: opening it would repair it, as
/// if it had been killed. InputError if the file was made from other settings than those of today. The record
/// says so, but for a run that was begun and did not finish: whether its tool has taken up the settings is
/// seen in the file alone.
void require_present(const SweepFile& sweep, const RunStatus& status, const std::string& path) {
  const bool refused = status.record.state == RunState::failed && status.record.status == 2;
  if (status.record.state == RunState::running && !is_written(path))
    throw InputError(fmt::format("{}: not read, {} may be writing it", path, status.record.host));
  if (!status.present || refused)
    throw InputError(path + ": was made from other settings than those of the sweep");
  if (status.record.state == RunState::finished) return;
  const RunReader file = RunReader::open(path);
  const StudyTable then = StudyTable::parse(file.description().toml, path + ": /config/toml");
  for (const StudyChange& change : study_changes(then, StudyTable::read(sweep.study, status.run.overrides)))
    if (change.role != KeyRole::none)
      throw InputError(
          fmt::format("{}: was made from other settings than those of the sweep: {}: found {}, expected {}",
                      path, change.key, change.then, change.now));
}

void read_file(const std::string& path, CollectedRun& out, bool main_file) {
  const RunReader file = RunReader::open(path);
  FileReader reader(file, out);
  if (main_file) {
    reader.read_summary();
    reader.read_path();
    reader.read_rounds();
  }
  reader.read_kkt();
  reader.read_saddles();
  reader.read_skeleton();
}

}  // namespace

const std::map<std::string, std::string> kPathNumbers{
    {"final_time", "flow time at the end"},
    {"final_loss", "training loss at the end"},
    {"final_weight_norm", "norm of the weights at the end"},
    {"escape_time", "flow time at which the origin is left"},
    {"visit_count", "visits of critical points"},
    {"jump_count", "falls of the loss between two plateaus"}};

CollectedRun collect_run(const SweepFile& sweep, const RunStatus& status, const std::string& stem) {
  CollectedRun out;
  out.run = status.run;
  out.record = status.record;
  std::vector<std::string> files{output_of(sweep, stem)};
  for (const FollowUp& next : sweep.then) files.push_back(output_of(next, stem));
  std::erase_if(files,
                [](const std::string& path) { return !is_hdf5(path) || !std::filesystem::exists(path); });
  if (files.empty()) return out;
  try {
    require_present(sweep, status, files.front());
    for (std::size_t k = 0; k < files.size(); ++k) read_file(files[k], out, k == 0);
  } catch (const Error& error) {
    if (out.record.state == RunState::finished) out.record.state = RunState::failed;
    if (out.record.message.empty()) out.record.message = error.what();
  }
  return out;
}

}  // namespace saddleflow::sweep
