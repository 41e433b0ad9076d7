#include <hdf5.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "saddleflow/archive/kkt_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_run.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive {

BOOST_AUTO_TEST_SUITE(round_trip_test)

namespace {

// More than one block (512 rows) and no multiple of it.
constexpr std::int64_t many = 1500;

void append_all(RunWriter& writer, std::int64_t first, std::int64_t last) {
  for (std::int64_t k = first; k < last; ++k) {
    BOOST_REQUIRE_EQUAL(writer.append(sample::time_row(k)), k);
    BOOST_REQUIRE_EQUAL(writer.append(sample::snapshot_row(k)), k);
    BOOST_REQUIRE_EQUAL(writer.append(sample::event_row(k)), k);
    BOOST_REQUIRE_EQUAL(writer.append(sample::saddle_row(k)), k);
  }
}

template <class Row, class Expected>
void require_rows(const std::vector<Row>& rows, std::int64_t count, Expected expected) {
  BOOST_REQUIRE_EQUAL(rows.size(), static_cast<std::size_t>(count));
  for (std::int64_t k = 0; k < count; ++k) {
    BOOST_TEST_REQUIRE(sample::same(rows[static_cast<std::size_t>(k)], expected(k)), "row " << k);
  }
}

void require_sample(const RunReader& reader, std::int64_t count) {
  require_rows(reader.time_rows(), count, sample::time_row);
  require_rows(reader.snapshot_rows(), count, sample::snapshot_row);
  require_rows(reader.event_rows(), count, sample::event_row);
  require_rows(reader.saddle_rows(), count, sample::saddle_row);
}

BOOST_AUTO_TEST_CASE(every_row_comes_back_bit_for_bit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RunWriter writer = RunWriter::create(path, sample::description());
  append_all(writer, 0, many);
  writer.finish({"event:level", {{"hessians", 17}, {"wall_seconds", 0.25}}, {{"verdict", "fine"}}});

  const RunReader reader = RunReader::open(path);
  BOOST_TEST(!reader.live());
  BOOST_TEST(!reader.recovered());
  BOOST_TEST((reader.rows() == RowCounts{many, many, many, many}));
  require_sample(reader, many);
  BOOST_TEST(reader.run_id() == writer.run_id());
  BOOST_TEST(reader.column("loss").size() == std::size_t{many});
  BOOST_TEST(reader.column("/events/value")[3] == sample::event_row(3).value);
  BOOST_TEST(reader.integer_column("stepper")[2] == 2);
  BOOST_TEST(reader.width("weights") == sample::parameter_count);
  BOOST_TEST(reader.row("weights", 777) == sample::snapshot_row(777).weights,
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(reader.row("weights", many), InputError);
  BOOST_CHECK_THROW(reader.column("no_such_column"), InputError);
}

BOOST_AUTO_TEST_CASE(the_description_and_summary_come_back) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const RunDescription written = sample::description();
  RunWriter::create(path, written).finish({"reached_end", {{"gradients", 42}}, {{"verdict", "fine"}}});

  const RunReader reader = RunReader::open(path);
  const RunDescription& read = reader.description();
  BOOST_TEST(read.title == written.title);
  BOOST_TEST(read.command == written.command);
  BOOST_TEST(read.network_kind == written.network_kind);
  BOOST_TEST(read.network_traits == written.network_traits);
  BOOST_TEST(read.activation == written.activation);
  BOOST_TEST(read.layer_sizes == written.layer_sizes);
  BOOST_TEST(read.slope == written.slope);
  BOOST_TEST(read.power == written.power);
  BOOST_TEST(read.degree == written.degree);
  BOOST_TEST(read.parameter_layer == written.parameter_layer);
  BOOST_TEST(read.parameter_row == written.parameter_row);
  BOOST_TEST(read.parameter_column == written.parameter_column);
  BOOST_TEST(read.neuron_layer == written.neuron_layer);
  BOOST_TEST(read.neuron_index == written.neuron_index);
  BOOST_TEST(read.layer_count == written.layer_count);
  BOOST_TEST(read.singular_value_layer == written.singular_value_layer);
  BOOST_TEST(read.product_singular_value_count == written.product_singular_value_count);
  BOOST_TEST(read.hidden_layer_count == written.hidden_layer_count);
  BOOST_TEST(read.width_kind == written.width_kind);
  BOOST_TEST(read.manifold_layer == written.manifold_layer);
  BOOST_TEST(read.manifold_width == written.manifold_width);
  BOOST_TEST(read.manifold_kind == written.manifold_kind);
  BOOST_TEST(read.loss == written.loss);
  BOOST_TEST(read.reduction == written.reduction);
  BOOST_TEST(read.data_origin == written.data_origin);
  BOOST_TEST(read.data_seed == written.data_seed);
  BOOST_TEST(read.dropped_rows == written.dropped_rows);
  BOOST_TEST(read.inputs == written.inputs);
  BOOST_TEST(read.targets == written.targets);
  BOOST_TEST(read.sample_count == written.sample_count);
  BOOST_TEST(read.input_count == written.input_count);
  BOOST_TEST(read.output_count == written.output_count);
  BOOST_TEST(read.toml == written.toml);
  BOOST_TEST(read.toml_user == written.toml_user);
  BOOST_TEST(read.eigenvalue_count == written.eigenvalue_count);
  BOOST_TEST(read.event_kinds == written.event_kinds);
  BOOST_TEST(read.stepper_names == written.stepper_names);
  BOOST_TEST((reader.summary().texts ==
              decltype(read.provenance){{"commit", "0123abcd"}, {"verdict", "fine"}, {"version", "0.1.0"}}));
  BOOST_TEST((read.provenance == reader.summary().texts));
  BOOST_TEST(reader.summary().stop_reason == "reached_end");
  BOOST_TEST((reader.summary().numbers == std::vector<std::pair<std::string, double>>{{"gradients", 42}}));
}

BOOST_AUTO_TEST_CASE(an_empty_vector_is_read_as_nan_and_a_wrong_length_is_refused) {
  const TemporaryFolder folder;
  RunWriter writer = RunWriter::create(folder.file("run.h5"), sample::description());
  SaddleRow row = sample::saddle_row(0);
  row.eigenvalues.clear();
  writer.append(row);
  row.eigenvalues = {1, 2};
  BOOST_CHECK_EXCEPTION(writer.append(row), InputError, [](const InputError& error) {
    return std::string(error.what()).find("/saddles/eigenvalues: a row of 2 numbers, expected 3") !=
           std::string::npos;
  });
  // The refused row has left nothing behind.
  writer.append(sample::saddle_row(1));
  writer.finish({"reached_end", {}, {}});
  const auto rows = RunReader::open(writer.path()).saddle_rows();
  BOOST_REQUIRE_EQUAL(rows.size(), 2U);
  for (const double value : rows[0].eigenvalues) BOOST_TEST(std::isnan(value));
  BOOST_TEST(rows[0].eigenvalues.size() == 3U);
  BOOST_TEST(sample::same(rows[1], sample::saddle_row(1)));
}

BOOST_AUTO_TEST_CASE(a_network_without_hidden_neurons_or_spectrum_works) {
  const TemporaryFolder folder;
  RunDescription description = sample::description();
  description.neuron_layer.clear();
  description.neuron_index.clear();
  description.eigenvalue_count = 0;
  RunWriter writer = RunWriter::create(folder.file("run.h5"), description);
  TimeRow row = sample::time_row(0);
  row.neuron_norm.clear();
  writer.append(row);
  SaddleRow saddle = sample::saddle_row(0);
  saddle.eigenvalues.clear();
  writer.append(saddle);
  writer.finish({"reached_end", {}, {}});
  const RunReader reader = RunReader::open(writer.path());
  BOOST_TEST(sample::same(reader.time_rows().at(0), row));
  BOOST_TEST(sample::same(reader.saddle_rows().at(0), saddle));
  BOOST_TEST(!reader.has("saddles/eigenvalues"));
  BOOST_TEST(reader.column("neuron_norm").empty());
}

namespace {

void require_max_margin(const KktRecord& found, const KktRecord& expected) {
  BOOST_TEST_REQUIRE(found.max_margin.size() == 1U);
  const MaxMarginRow &a = found.max_margin[0], &b = expected.max_margin[0];
  BOOST_TEST(a.weights == b.weights, boost::test_tools::per_element());
  BOOST_TEST(a.normalised_margin == b.normalised_margin);
  BOOST_TEST(a.stationarity == b.stationarity);
  BOOST_TEST(a.violation == b.violation);
  BOOST_TEST(a.support_vectors == b.support_vectors);
  BOOST_TEST(a.converged == b.converged);
  BOOST_TEST(a.angle == b.angle);
  BOOST_TEST(a.exponent == b.exponent);
  BOOST_TEST(a.approached == b.approached);
  BOOST_TEST_REQUIRE(found.margins.size() == expected.margins.size());
  for (std::size_t k = 0; k < found.margins.size(); ++k) {
    BOOST_TEST(found.margins[k].sample == expected.margins[k].sample);
    BOOST_TEST(found.margins[k].row == expected.margins[k].row);
    BOOST_TEST(found.margins[k].value == expected.margins[k].value);
    BOOST_TEST(found.margins[k].multiplier == expected.margins[k].multiplier);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(kkt_points_come_back_bit_for_bit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5"), copy = folder.file("copy.h5");
  RunWriter writer = RunWriter::create(path, sample::description());
  append_all(writer, 0, 5);
  writer.finish({"reached_end", {}, {}});
  BOOST_TEST(RunReader::open(path).kkt().rows.empty());
  std::vector<SnapshotRow> alignment;
  for (std::int64_t k = 0; k < 5; ++k) alignment.push_back(sample::alignment_row(k));

  copy_with_kkt(path, copy, "sf-kkt run.h5", sample::kkt_record(9), alignment, ExistingFile::keep);
  BOOST_TEST(!RunReader::open(path).has("kkt"));
  {
    const RunReader reader = RunReader::open(copy);
    require_sample(reader, 5);
    require_rows(reader.kkt().rows, 9, sample::kkt_row);
    BOOST_TEST((reader.kkt().counts == sample::kkt_record(0).counts));
    require_max_margin(reader.kkt(), sample::kkt_record(9));
    BOOST_TEST(reader.history().find("sf-kkt run.h5") != std::string::npos);
    const auto snapshots = reader.snapshot_rows();
    for (std::size_t k = 0; k < 5; ++k) {
      BOOST_TEST(snapshots[k].nearest_kkt == alignment[k].nearest_kkt);
      BOOST_TEST(snapshots[k].alignment == alignment[k].alignment);
      BOOST_TEST(snapshots[k].kkt_residual == alignment[k].kkt_residual);
      BOOST_TEST(snapshots[k].max_margin_alignment == alignment[k].max_margin_alignment);
      BOOST_TEST(snapshots[k].neuron_alignment == alignment[k].neuron_alignment,
                 boost::test_tools::per_element());
    }
  }
  BOOST_CHECK_THROW(copy_with_kkt(path, copy, "again", sample::kkt_record(1), alignment, ExistingFile::keep),
                    InputError);
  copy_with_kkt(path, copy, "again", sample::kkt_record(1), {}, ExistingFile::replace);
  BOOST_TEST(RunReader::open(copy).kkt().rows.size() == 1U);
  BOOST_TEST(!RunReader::open(copy).has("max_margin"));
  BOOST_TEST(RunReader::open(copy).snapshot_rows()[2].nearest_kkt == -1);
  BOOST_CHECK_THROW(
      copy_with_kkt(path, path, "onto itself", sample::kkt_record(1), {}, ExistingFile::replace), InputError);
  alignment.pop_back();
  BOOST_CHECK_THROW(add_kkt(path, sample::kkt_record(1), alignment), InputError);
  BOOST_TEST(!RunReader::open(path).has("kkt"));
}

BOOST_AUTO_TEST_CASE(kkt_points_need_no_trajectory_and_a_trajectory_may_follow_them) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  create_with_kkt(path, sample::description(), {"search_ended", {{"wall_seconds", 2}}, {}},
                  sample::kkt_record(3), ExistingFile::keep);
  BOOST_TEST(RunReader::open(path).summary().stop_reason == "search_ended");
  require_rows(RunReader::open(path).kkt().rows, 3, sample::kkt_row);
  RunWriter writer = RunWriter::resume(path, RowCounts{}, "sf-flow");
  append_all(writer, 0, many);
  writer.finish({"reached_end", {}, {}});
  const RunReader reader = RunReader::open(path);
  require_sample(reader, many);
  require_rows(reader.kkt().rows, 3, sample::kkt_row);
  BOOST_TEST(reader.snapshot_rows()[7].nearest_kkt == -1);
  BOOST_TEST(std::isnan(reader.snapshot_rows()[7].alignment));
}

BOOST_AUTO_TEST_CASE(a_file_of_format_1_0_is_read_and_gone_on_with) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RunWriter writer = RunWriter::create(path, sample::description());
  append_all(writer, 0, 5);
  writer.finish({"reached_end", {}, {}});
  {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    for (const char* name : {"/log_time", "/log_weight_norm", "/phase_time", "/chart", "/kkt_residual",
                             "/events/log_time", "/events/phase_time"})
      BOOST_REQUIRE(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    BOOST_REQUIRE(H5Fclose(file) >= 0);
  }
  RunWriter more = RunWriter::resume(path, RowCounts{4, 4, 4, 4}, "resumed");
  append_all(more, 4, many);
  more.finish({"reached_end", {}, {}});
  const RunReader reader = RunReader::open(path);
  BOOST_TEST((reader.rows() == RowCounts{many, many, many, many}));
  BOOST_TEST(reader.time_rows()[9].loss == sample::time_row(9).loss);
  BOOST_TEST(std::isnan(reader.time_rows()[9].log_time));
  BOOST_TEST(reader.time_rows()[9].chart == 0);
  require_rows(reader.saddle_rows(), many, sample::saddle_row);
}

BOOST_AUTO_TEST_CASE(resume_cuts_back_and_goes_on) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  {
    RunWriter writer = RunWriter::create(path, sample::description());
    append_all(writer, 0, 600);
    writer.checkpoint({});
    append_all(writer, 600, 900);
    BOOST_TEST(writer.rows().time == 900);
  }
  BOOST_TEST(RunReader::open(path).summary().stop_reason == "running");
  const Checkpoint checkpoint = read_checkpoint(checkpoint_path(path));
  BOOST_TEST((checkpoint.rows == RowCounts{600, 600, 600, 600}));
  {
    RunWriter writer = RunWriter::resume(path, checkpoint, "resumed");
    append_all(writer, 600, 700);
    writer.finish({"interrupted", {{"steps", 700}}, {}});
  }
  require_sample(RunReader::open(path), 700);
  // A finished run too; and to another length for every stream.
  {
    RunWriter writer = RunWriter::resume(path, RowCounts{10, 20, 0, 30}, "resumed");
    BOOST_TEST((writer.rows() == RowCounts{10, 20, 0, 30}));
    writer.append(sample::time_row(10));
  }
  {
    const RunReader reader = RunReader::open(path);
    BOOST_TEST(reader.summary().stop_reason == "running");
    BOOST_TEST((reader.rows() == RowCounts{11, 20, 0, 30}));
    require_rows(reader.time_rows(), 11, sample::time_row);
    require_rows(reader.saddle_rows(), 30, sample::saddle_row);
    BOOST_TEST(std::count(reader.history().begin(), reader.history().end(), '\n') == 2);
  }
  BOOST_CHECK_THROW(RunWriter::resume(path, RowCounts{12, 20, 0, 30}, "resumed"), InputError);
  Checkpoint foreign = checkpoint;
  foreign.run_id = "another";
  BOOST_CHECK_THROW(RunWriter::resume(path, foreign, "resumed"), InputError);
}

void append_with_modes(RunWriter& writer, std::int64_t first, std::int64_t last) {
  for (std::int64_t k = first; k < last; ++k) writer.append(sample::time_row_with_modes(k));
  writer.append(sample::mode_changes(10 * first, 10 * last));
}

BOOST_AUTO_TEST_CASE(mode_changes_come_back_and_are_cut_at_a_resume) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  {
    RunWriter writer = RunWriter::create(path, sample::description_with_modes());
    append_with_modes(writer, 0, 150);
    writer.append(std::span<const ModeChangeRow>());
    writer.checkpoint({});
    append_with_modes(writer, 150, 200);
    BOOST_TEST((writer.rows() == RowCounts{200, 0, 0, 0, 2000}));
  }
  require_rows(RunReader::open(path).mode_changes(), 2000, sample::mode_change);
  const Checkpoint checkpoint = read_checkpoint(checkpoint_path(path));
  BOOST_TEST((checkpoint.rows == RowCounts{150, 0, 0, 0, many}));
  {
    RunWriter writer = RunWriter::resume(path, checkpoint, "resumed");
    append_with_modes(writer, 150, 170);
    writer.finish({"reached_end", {}, {}});
  }
  {
    const RunReader reader = RunReader::open(path);
    BOOST_TEST(reader.has_mode_changes());
    BOOST_TEST(reader.description().mode_changes);
    BOOST_TEST(reader.description().patches);
    require_rows(reader.mode_changes(), 1700, sample::mode_change);
    require_rows(reader.time_rows(), 170, sample::time_row_with_modes);
  }
  BOOST_CHECK_THROW(RunWriter::resume(path, RowCounts{170, 0, 0, 0, 1701}, "resumed"), InputError);
}

BOOST_AUTO_TEST_CASE(patches_are_stored_where_there_are_several) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RunDescription description = sample::description_with_modes();
  description.patches = false;
  RunWriter writer = RunWriter::create(path, description);
  append_with_modes(writer, 0, 5);
  writer.finish({"reached_end", {}, {}});
  const RunReader reader = RunReader::open(path);
  BOOST_TEST(reader.has("mode_changes/sample"));
  BOOST_TEST(!reader.has("mode_changes/patch"));
  BOOST_TEST(!reader.description().patches);
  const std::vector<ModeChangeRow> rows = reader.mode_changes();
  BOOST_TEST_REQUIRE(rows.size() == 50U);
  for (const ModeChangeRow& row : rows) BOOST_TEST(row.patch == 0);
}

BOOST_AUTO_TEST_CASE(smooth_runs_have_no_mode_changes) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RunWriter writer = RunWriter::create(path, sample::description());
  append_all(writer, 0, 5);
  BOOST_CHECK_EXCEPTION(writer.append(sample::mode_changes(0, 1)), InputError, [](const InputError& error) {
    return std::string(error.what()).find("no /mode_changes/change") != std::string::npos;
  });
  writer.finish({"reached_end", {}, {}});
  {
    const RunReader reader = RunReader::open(path);
    BOOST_TEST(!reader.has_mode_changes());
    BOOST_TEST(reader.mode_changes().empty());
    for (const char* name : {"mode_changes", "sliding_count", "dead_neurons"}) BOOST_TEST(!reader.has(name));
    require_sample(reader, 5);
  }
  BOOST_CHECK_THROW(RunWriter::resume(path, RowCounts{5, 5, 5, 5, 1}, "resumed"), InputError);
}

BOOST_AUTO_TEST_CASE(overwriting_takes_the_old_checkpoint_along) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RunWriter::create(path, sample::description()).checkpoint({});
  BOOST_TEST(std::filesystem::exists(checkpoint_path(path)));
  BOOST_CHECK_THROW(RunWriter::create(path, sample::description()), InputError);
  RunWriter::create(path, sample::description(), {.overwrite = true});
  BOOST_TEST(!std::filesystem::exists(checkpoint_path(path)));
}

BOOST_AUTO_TEST_CASE(overwriting_takes_any_plain_file) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("run.h5")) << "left by a kill";
  BOOST_CHECK_THROW(RunWriter::create(folder.file("run.h5"), sample::description()), InputError);
  RunWriter::create(folder.file("run.h5"), sample::description(), {.overwrite = true})
      .finish({"reached_end", {}, {}});
  BOOST_TEST(RunReader::open(folder.file("run.h5")).rows().time == 0);
  std::filesystem::create_directory(folder.file("folder.h5"));
  BOOST_CHECK_THROW(RunWriter::create(folder.file("folder.h5"), sample::description(), {.overwrite = true}),
                    InputError);
  BOOST_TEST(std::filesystem::exists(folder.file("folder.h5")));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_being_written_is_read_but_not_overwritten_or_resumed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RunWriter writer = RunWriter::create(path, sample::description());
  append_all(writer, 0, 5);
  writer.flush();
  append_all(writer, 5, 6);
  BOOST_CHECK_THROW(RunWriter::create(path, sample::description(), {.overwrite = true}), IoError);
  BOOST_CHECK_THROW(RunWriter::resume(path, RowCounts{}, "resumed"), IoError);
  writer.finish({"reached_end", {}, {}});
  BOOST_CHECK_THROW(writer.append(sample::time_row(6)), IoError);
  require_sample(RunReader::open(path), 6);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive
